//! Plants errors one by one: its own check finds each, and no other check does.

mod command;
mod faulty_server;
mod hostile_documents;
mod login;
mod planted_errors;
mod time_and_size_limits;
