//! `toolgate login` and `toolgate call`, as a user runs them: start, consent in the browser, read
//! the output.

mod call;
mod desk;
mod hostile_servers;
mod login;
