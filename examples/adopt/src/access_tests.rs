//! Who may use what.

use toolgate::gate::GuardedHandler;
use toolgate_testing::{TestIssuer, TestServer, assert_access};

use super::*;

type Service = StreamableHttpService<GuardedHandler<Counter>, toolgate::gate::LocalSessions>;

fn service(gate: &HandlerGate) -> Service {
    let (counter, guarded) = (Counter::default(), gate.clone());
    StreamableHttpService::new(
        move || Ok(guarded.guard(counter.clone())),
        gate.sessions(),
        gate.transport(),
    )
}

#[tokio::test]
async fn every_item_is_as_accessible_as_it_declares() {
    let mut access = None;
    let server = TestServer::around(TestIssuer::in_memory(), async |config| {
        let gate = gate()
            .without_banner()
            .build(config, Counter::default())
            .await;
        let gate = gate.expect("it starts");
        access = Some(gate.access_table().clone());
        gate.router(service(&gate))
    });
    let server = server.await;
    let access = access.expect("a table");
    assert_eq!(
        access.to_string(),
        "tool add: counter:write; at first use\ntool get: counter:read\n"
    );
    let report = assert_access(&server.with_access(access)).await;
    assert!(report.denied > 10, "{report:?}");
}
