//! Faults planted one by one: each is found by its check, and by no other.

mod command;
mod faults;
mod gate;
mod hostile;
mod issuer;
mod limits;
mod login;
mod metadata;
mod protocol;
mod server;
mod tokens;
