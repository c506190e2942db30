//! A server on standard input and output, as a host starts it: a child process with pipes.

mod denials;
mod host;
mod hostile_input;
#[path = "items.rs"]
mod items;
mod lifecycles;
mod real_client;
mod rounds;
mod shutdown;
mod standard_output;
mod subscriptions;
