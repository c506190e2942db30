//! What needs no store goes on while the store is away or slow.

use std::time::Duration;

use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    memory_store::Conduct,
    tool_server::{self, Runs},
};
use toolgate::{Server, State, mcp_tool, tools};

use crate::replica::{Replicas, reason};

/// Answers everybody.
#[mcp_tool(public)]
fn hello(State(runs): State<Runs>) -> String {
    runs.note("hello")
}

#[tokio::test]
async fn requests_without_a_token_are_answered() {
    let replicas = Replicas::start().await;
    let runs = Runs::default();
    let server = Server::with_state("open", runs.clone()).tools(tools![hello]);
    let (open, _) = replicas
        .serve(server.without_banner(), |config| config)
        .await;
    let protected = &replicas.all[0].running;
    for conduct in [Conduct::Away, Conduct::Slow, Conduct::Garbage] {
        replicas.store.set(conduct);
        let nobody = Client::new(protected.resource(), Revision::Stateless);
        let answer = nobody.call("read", json!({})).await;
        assert_eq!(answer.status, 401, "{conduct:?} {answer:?}");
        assert_eq!(reason(&answer), "no_token", "{answer:?}");
        let stranger = nobody.with_token("not.a.token");
        let answer = stranger.call("read", json!({})).await;
        assert_eq!(answer.status, 401, "{conduct:?} {answer:?}");
        for path in ["/healthz", "/.well-known/oauth-protected-resource/mcp"] {
            let got = HttpResponse::of(reqwest::Client::new().get(protected.url(path))).await;
            assert_eq!(got.status, 200, "{conduct:?} {path}");
        }
        let anybody = Client::new(open.resource(), Revision::Stateless);
        let answer = anybody.call("hello", json!({})).await;
        assert_eq!(answer.tool_text(), "hello ran", "{conduct:?} {answer:?}");
    }
    assert_eq!(runs.all().len(), 3);
}

#[tokio::test]
async fn a_bearer_token_is_accepted_with_the_copy_and_a_new_process_has_none() {
    let replicas = Replicas::start().await;
    let token = replicas.token("desk:read").build();
    for conduct in [Conduct::Away, Conduct::Slow] {
        replicas.store.set(conduct);
        for _ in 0..5 {
            assert_eq!(replicas.call(0, &token).await.status, 200, "{conduct:?}");
        }
        let server = tool_server::protected_unverified_server(&Runs::default());
        let (new, _) = replicas.serve(server, |config| config).await;
        let ready = reqwest::get(new.url("/readyz")).await;
        assert_eq!(ready.expect("an answer").status(), 503, "{conduct:?}");
        let client = Client::new(new.resource(), Revision::Stateless).with_token(&token);
        let answer = client.call("read", json!({})).await;
        assert_eq!(answer.status, 503, "{conduct:?} {answer:?}");
        assert_eq!(reason(&answer), "store_unavailable");
        replicas.store.set(Conduct::Honest);
        for _ in 0..100 {
            if client.call("read", json!({})).await.status == 200 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(client.call("read", json!({})).await.status, 200);
    }
}
