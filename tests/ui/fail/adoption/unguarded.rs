// errors: 2
//! A gate before a handler that does not ask for what the gate admits.

use rmcp::{
    ServerHandler,
    transport::streamable_http_server::{
        StreamableHttpService, session::local::LocalSessionManager,
    },
};
use toolgate::{Gate, IsGuarded};

struct Plain;

impl ServerHandler for Plain {}

fn behind_a_gate(_: impl IsGuarded) {}

fn mount(gate: &Gate) {
    let service: StreamableHttpService<Plain, LocalSessionManager> =
        StreamableHttpService::new(|| Ok(Plain), Default::default(), gate.transport());
    behind_a_gate(service.clone());
    gate.router(service);
}

fn main() {}
