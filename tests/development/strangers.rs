//! Requests from another machine, or for another host.

use reqwest::RequestBuilder;
use serde_json::json;
use support::client::Answer;

use crate::{PATHS, desk};

/// Sends a request of each kind with a change, and returns the statuses.
async fn statuses(change: impl Fn(RequestBuilder) -> RequestBuilder) -> Vec<u16> {
    let (running, _) = desk().await;
    let http = reqwest::Client::new();
    let registration = json!({"redirect_uris": ["http://127.0.0.1/callback"]});
    let gets = PATHS.iter().map(|path| http.get(running.url(path)));
    let posts = [
        http.post(running.url("/development/register"))
            .json(&registration),
        http.post(running.url("/development/token"))
            .form(&[("grant_type", "authorization_code")]),
        http.post(running.url("/development/authorize/decision"))
            .form(&[("decision", "allow")]),
        http.post(running.url("/development/introspect"))
            .form(&[("token", "x")]),
    ];
    let mut statuses = Vec::new();
    for request in gets.chain(posts) {
        let answer = Answer::of(change(request)).await;
        if answer.status == 403 {
            // Some clients treat any challenge on a 403 as a missing scope.
            assert_eq!(answer.challenge(), None, "{answer:?}");
            assert_eq!(answer.json()["error"], "invalid_request", "{answer:?}");
        }
        statuses.push(answer.status);
    }
    statuses
}

#[tokio::test]
async fn a_name_that_was_rebound_to_this_machine_is_refused_everywhere() {
    for host in ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:80"] {
        let statuses = statuses(|request| request.header("host", host)).await;
        assert!(
            statuses.iter().all(|one| *one == 403),
            "{host} {statuses:?}"
        );
    }
}

#[tokio::test]
async fn what_a_tunnel_or_a_proxy_passes_on_is_refused_everywhere() {
    for (name, value) in [
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-host", "abc.tunnel.example"),
        ("forwarded", "for=203.0.113.9"),
    ] {
        let statuses = statuses(|request| request.header(name, value)).await;
        assert!(
            statuses.iter().all(|one| *one == 403),
            "{name} {statuses:?}"
        );
    }
}

#[tokio::test]
async fn this_machine_by_any_of_its_names_is_answered() {
    for host in ["localhost:8000", "127.0.0.1", "[::1]:8000"] {
        let statuses = statuses(|request| request.header("host", host)).await;
        assert!(!statuses.contains(&403), "{host} {statuses:?}");
    }
}
