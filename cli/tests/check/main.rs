//! Plants errors one by one: its own check finds each, and no other check does.

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
