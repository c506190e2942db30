//! An approval belongs to the replica that has opened its page. Others refuse it.

use serde_json::json;
use support::{
    approving_user::{AskedPage, opens_pages},
    client::{Client, HttpResponse, Revision},
    simulated_browser::Browser,
    tool_server::Runs,
};
use toolgate::{Server, State, issuer::ClientAuthentication, mcp_tool, tools};

use crate::replica::{Replicas, reason};

/// Deletes a list.
#[mcp_tool(scope = "list:write", approve = "Delete the list {list}?")]
fn delete(
    /// Its name.
    list: String,
    State(runs): State<Runs>,
) -> String {
    runs.note("delete");
    list
}

#[tokio::test]
async fn an_approval_is_refused_by_the_replica_that_has_not_opened_its_page() {
    let mut replicas = Replicas::start().await;
    replicas.all.clear();
    let (runs, mut running) = (Runs::default(), Vec::new());
    for _ in 0..2 {
        let server = Server::with_state("lists", runs.clone()).tools(tools![delete]);
        let issuer = replicas.issuer.url().to_owned();
        let configured = replicas.serve(server.without_banner(), |config| {
            let client = ClientAuthentication::public("approvals");
            config.with_approval_client(&issuer, client)
        });
        running.push(configured.await.0);
    }
    let token = replicas.token("list:write").build();
    let at = |replica: usize| {
        let client = Client::new(running[replica].resource(), Revision::Stateless);
        client.with_token(&token).declaring(opens_pages())
    };
    let call = json!({"name": "delete", "arguments": {"list": "a"}});
    let first = at(0);
    let asked = first.send(&first.message("tools/call", call.clone())).await;
    let asked = AskedPage::of(&asked);
    // The page is unknown there: the browser gets no sign-in, and learns why.
    let path = asked.url.split_once("/approvals").expect("its path").1;
    let page = running[1].url(&format!("/approvals{path}"));
    let page = Browser::default().open(&page).await;
    assert_eq!(page.status(), 404, "{page:?}");
    assert!(page.text().contains("another replica"), "{page:?}");
    // The call is refused with a reason, and has not run. The client can call again.
    let second = at(1);
    let again: HttpResponse = second
        .request("tools/call", asked.accepted(call.clone()))
        .await;
    assert_eq!(again.status, 403, "{again:?}");
    assert_eq!(reason(&again), "not_approved", "{again:?}");
    assert!(again.text.contains("another replica"), "{again:?}");
    assert!(runs.all().is_empty());
    let anew = second.send(&second.message("tools/call", call)).await;
    assert_ne!(AskedPage::of(&anew).url, asked.url);
}
