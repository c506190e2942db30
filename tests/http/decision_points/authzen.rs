//! A server whose decision point is an engine with AuthZEN, over real sockets.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use toolgate::{Server, auth::DenialReason, policy::AuthZen, resources};
use toolgate_testing::TestServer;

use super::document;

/// What an engine got: everything of each request, and the answer that it gives.
#[derive(Clone, Default)]
struct Seen {
    requests: Arc<Mutex<Vec<String>>>,
    status: Arc<Mutex<u16>>,
}

async fn engine(State(seen): State<Seen>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    let text = String::from_utf8_lossy(&body).into_owned();
    let whole = format!("{} {:?} {text}", head.uri, head.headers);
    seen.requests.lock().expect("not poisoned").push(whole);
    let asked: Value = serde_json::from_str(&text).expect("JSON");
    let allows = |one: &Value| json!({"decision": one["resource"]["id"] != "documents://secret"});
    let answer = match asked["evaluations"].as_array() {
        Some(all) => json!({"evaluations": all.iter().map(allows).collect::<Vec<_>>()}),
        None => allows(&asked),
    };
    let status = *seen.status.lock().expect("not poisoned");
    let status = StatusCode::from_u16(status).expect("a status");
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::LOCATION, "/access/v1/evaluation"),
    ];
    (status, headers, answer.to_string()).into_response()
}

#[tokio::test]
async fn an_engine_decides_it_never_gets_the_token_and_its_faults_refuse() {
    let seen = Seen::default();
    *seen.status.lock().expect("not poisoned") = 200;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!(
        "http://{}/tenant",
        listener.local_addr().expect("an address")
    );
    let app = Router::new().fallback(engine).with_state(seen.clone());
    let serving = tokio::spawn(async move { axum::serve(listener, app).await });
    let name = format!("toolgate-http-authzen-{}", std::process::id());
    let file = std::env::temp_dir().join(name);
    fs::write(&file, "of-this-server").expect("a temporary file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let own = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&file, own).expect("own file");
    }
    let point = AuthZen::new(url, file.to_str().expect("UTF-8"));
    let server = Server::new("documents")
        .without_banner()
        .resources(resources![document]);
    let server = TestServer::new(server.with_decision_point(point));
    let alice = server.as_caller("alice").with_scopes(["documents:read"]);
    alice.read("documents://7").await.expect("allowed");
    let denied = alice.read("documents://secret").await.expect_err("denied");
    assert_eq!(denied.reason(), Some(DenialReason::DeniedByPolicy));
    let list = alice.request("resources/templates/list", json!({})).await;
    let list = list.expect("a list");
    assert_eq!(
        list.value()["resourceTemplates"].as_array().map(Vec::len),
        Some(1)
    );
    let requests = seen.requests.lock().expect("not poisoned").clone();
    assert_eq!(requests.len(), 3, "{requests:?}");
    assert!(
        requests[0].starts_with("/tenant/access/v1/evaluation "),
        "{requests:?}"
    );
    assert!(
        requests[2].starts_with("/tenant/access/v1/evaluations "),
        "{requests:?}"
    );
    for request in &requests {
        // Every JWT begins so.
        assert!(!request.contains("eyJ"), "{request}");
        assert!(request.contains("Bearer of-this-server"), "{request}");
    }
    for (status, refused, reason) in [
        (503, 503, DenialReason::PolicyUnavailable),
        (307, 403, DenialReason::PolicyFailed),
        (401, 403, DenialReason::PolicyFailed),
    ] {
        *seen.status.lock().expect("not poisoned") = status;
        let read = alice.read("documents://7").await.expect_err("refused");
        let list = alice.request("resources/templates/list", json!({})).await;
        for denial in [read, list.expect_err("refused")] {
            assert_eq!(
                (denial.status(), denial.reason()),
                (refused, Some(reason)),
                "{status}"
            );
            assert!(denial.challenge().is_none());
        }
    }
    serving.abort();
    let _ = serving.await;
    let down = alice.read("documents://7").await.expect_err("refused");
    assert_eq!(down.reason(), Some(DenialReason::PolicyUnavailable));
    let _ = fs::remove_file(&file);
}
