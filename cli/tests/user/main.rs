//! `toolgate new`, `login` and `call`, as a user runs them: start, consent in the browser, read the
//! output.

mod call;
mod desk;
mod hostile_servers;
mod login;
mod new_project;
mod step_ups;
