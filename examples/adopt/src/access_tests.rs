//! Who may use what.

use toolgate_testing::{TestIssuer, TestServer, assert_access};

use super::*;

#[tokio::test]
async fn every_item_is_as_accessible_as_it_declares() {
    let mut access = None;
    let server = TestServer::around(TestIssuer::in_memory(), async |config| {
        let counter = Counter::default();
        let gate = gate().without_banner().build(config, counter.clone()).await;
        let gate = gate.expect("it starts");
        access = Some(gate.access_table().clone());
        let service = StreamableHttpService::new(
            gate.guard_each(move || Ok(counter.clone())),
            gate.sessions(),
            gate.transport(),
        );
        gate.router(service)
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
