//! Subscriptions to resources: who may subscribe, and who still receives updates.

mod conditions;
mod memory_limit;
mod revoked;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use support::{
    StoppedClock,
    client::{Client, HttpResponse, Revision},
    resources_and_prompts,
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::{self, ISSUER},
};
use toolgate::{Changes, Server};

use crate::client;

const SESSION: Revision = Revision::Session("2025-11-25");

async fn server_with_all(changes: &Changes) -> RunningServer {
    let server = resources_and_prompts::add_all(tool_server::server(&Runs::default()));
    start(server.with_changes(changes)).await
}

async fn start(server: Server<Runs>) -> RunningServer {
    RunningServer::start(server, |config| config.with_issuer(ISSUER)).await
}

pub(crate) async fn subscribe(client: &Client, uri: &str) -> HttpResponse {
    let params = json!({"uri": uri});
    client.request("resources/subscribe", params).await
}

/// An open stream, and what it has received.
pub(crate) struct Stream {
    response: reqwest::Response,
    pub(crate) text: String,
}

impl Stream {
    async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        Self {
            response,
            text: String::new(),
        }
    }

    /// Opens the stream of a session.
    pub(crate) async fn of_session(client: &Client) -> Self {
        let get = client.plain(Method::GET);
        Self::of(get.header("accept", "text/event-stream")).await
    }

    /// Opens the stream of a `subscriptions/listen`.
    pub(crate) async fn listening(client: &Client, notifications: Value) -> Self {
        let params = json!({"notifications": notifications});
        let message = client.message("subscriptions/listen", params);
        Self::of(client.post(&message).body(message.to_string())).await
    }

    /// Reads until this text has arrived.
    pub(crate) async fn until(&mut self, awaited: &str) {
        self.until_times(awaited, 1).await;
    }

    /// Reads until this text has arrived as many times.
    pub(crate) async fn until_times(&mut self, awaited: &str, times: usize) {
        let read = async {
            while self.text.matches(awaited).count() < times {
                let chunk = self.response.chunk().await.expect("a stream");
                let chunk = chunk.unwrap_or_else(|| panic!("it ended: {}", self.text));
                self.text.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        tokio::time::timeout(Duration::from_secs(10), read)
            .await
            .unwrap_or_else(|_| panic!("no {awaited}: {}", self.text));
    }
}

/// The URI of an update. Updates arrive in order, so an earlier update that is missing was not
/// sent.
pub(crate) fn updated(uri: &str) -> String {
    format!(r#""uri":"{uri}""#)
}

#[tokio::test]
async fn a_session_is_notified_of_its_subscribed_resources() {
    for revision in Revision::ALL {
        if revision == Revision::Stateless {
            continue;
        }
        let changes = Changes::new();
        let running = server_with_all(&changes).await;
        let writer = client(&running, revision, "desk:read desk:write").await;
        let mut stream = Stream::of_session(&writer).await;
        for uri in ["desk://read", "desk://both/7", "desk://both/8"] {
            let answer = subscribe(&writer, uri).await;
            assert_eq!(answer.json()["result"], json!({}), "{answer:?}");
        }
        let params = json!({"uri": "desk://both/8"});
        let answer = writer.request("resources/unsubscribe", params).await;
        assert_eq!(answer.json()["result"], json!({}), "{answer:?}");
        for uri in [
            "desk://both/8",
            "desk://both/9",
            "desk://write",
            "desk://both/7",
        ] {
            changes.resource_updated(uri);
        }
        stream.until(&updated("desk://both/7")).await;
        changes.resource_updated("desk://read");
        stream.until(&updated("desk://read")).await;
        for uri in ["desk://both/8", "desk://both/9", "desk://write"] {
            assert!(!stream.text.contains(uri), "{}", stream.text);
        }
    }
}

#[tokio::test]
async fn a_subscription_is_authorized_as_a_read_of_its_uri() {
    let changes = Changes::new();
    let running = server_with_all(&changes).await;
    let reader = client(&running, SESSION, "desk:read").await;
    for method in ["resources/subscribe", "resources/unsubscribe"] {
        let ask = |uri: &str| reader.request(method, json!({"uri": uri}));
        for uri in ["desk://write", "desk://both/7", "desk://either/x"] {
            assert_eq!(ask(uri).await.status, 403, "{method} {uri}");
        }
        let challenge = ask("desk://both/7").await.challenge().expect("a challenge");
        assert_eq!(challenge.get("scope"), Some("desk:read desk:write"));
        for uri in [
            "desk://none",
            "desk://writ%65",
            "desk://both/../read",
            "desk://both/{id}/x",
        ] {
            let answer = ask(uri).await;
            assert_eq!(answer.json()["error"]["code"], -32002, "{uri} {answer:?}");
        }
    }
    let open =
        resources_and_prompts::add_all(tool_server::server(&Runs::default())).with_open_handshake();
    let open = start(open.with_changes(&Changes::new())).await;
    let mut anonymous = Client::new(open.resource(), SESSION);
    anonymous.open().await;
    assert_eq!(subscribe(&anonymous, "desk://read").await.status, 401);
    let answer = subscribe(&anonymous, "desk://open").await;
    assert_eq!(answer.json()["result"], json!({}), "{answer:?}");
}

#[tokio::test]
async fn a_session_whose_token_lost_the_scope_is_notified_no_more() {
    let changes = Changes::new();
    let running = server_with_all(&changes).await;
    let resource = running.resource();
    let writer = client(&running, SESSION, "desk:read desk:write").await;
    let mut stream = Stream::of_session(&writer).await;
    for uri in ["desk://write", "desk://read"] {
        assert_eq!(subscribe(&writer, uri).await.status, 200);
    }
    changes.resource_updated("desk://write");
    stream.until(&updated("desk://write")).await;
    // The same user in the same session, with a token that has fewer scopes.
    let token = unsigned_tokens::token(&unsigned_tokens::claims(&resource, "desk:read"));
    let reader = writer.clone().with_token(token);
    assert_eq!(reader.request("ping", json!({})).await.status, 200);
    stream.text.clear();
    changes.resource_updated("desk://write");
    changes.resource_updated("desk://read");
    stream.until(&updated("desk://read")).await;
    assert!(!stream.text.contains("desk://write"), "{}", stream.text);
    // With the old token, or with one that is stepped up again, it continues.
    assert_eq!(writer.request("ping", json!({})).await.status, 200);
    changes.resource_updated("desk://write");
    stream.until(&updated("desk://write")).await;
}

#[tokio::test]
async fn a_session_whose_token_has_expired_is_notified_no_more() {
    let changes = Changes::new();
    let now = StoppedClock::at(1_000_000);
    let server = resources_and_prompts::add_all(tool_server::server(&Runs::default()));
    let running = start(server.with_changes(&changes).with_clock(now.clone())).await;
    let mut claims = unsigned_tokens::claims(&running.resource(), "desk:read");
    claims["exp"] = 1_001_000.into();
    let mut short =
        Client::new(running.resource(), SESSION).with_token(unsigned_tokens::token(&claims));
    short.open().await;
    let mut stream = Stream::of_session(&short).await;
    assert_eq!(subscribe(&short, "desk://read").await.status, 200);
    changes.resource_updated("desk://read");
    stream.until(&updated("desk://read")).await;
    now.advance(Duration::from_secs(1_000));
    stream.text.clear();
    changes.resource_updated("desk://read");
    // Lists are public: this message arrives after the one that must not arrive.
    changes
        .switch_resource_off("desk://write")
        .expect("there is one");
    stream.until("notifications/resources/list_changed").await;
    assert!(!stream.text.contains("desk://read"), "{}", stream.text);
    // A refreshed token of the same caller continues.
    claims["exp"] = 1_002_000.into();
    let refreshed = short.with_token(unsigned_tokens::token(&claims));
    assert_eq!(refreshed.request("ping", json!({})).await.status, 200);
    changes.resource_updated("desk://read");
    stream.until(&updated("desk://read")).await;
}

#[tokio::test]
async fn the_subscriptions_of_a_session_are_limited() {
    let changes = Changes::new();
    let running = server_with_all(&changes).await;
    let writer = client(&running, SESSION, "desk:read desk:write").await;
    for number in 0..1024 {
        let answer = subscribe(&writer, &format!("desk://both/{number}")).await;
        assert_eq!(answer.json()["result"], json!({}), "{answer:?}");
    }
    let answer = subscribe(&writer, "desk://both/1024").await;
    assert_eq!(answer.json()["error"]["code"], -32600, "{answer:?}");
    // Another session is not affected.
    let other = client(&running, SESSION, "desk:read desk:write").await;
    let answer = subscribe(&other, "desk://both/1024").await;
    assert_eq!(answer.json()["result"], json!({}), "{answer:?}");
}

#[tokio::test]
async fn a_listener_is_notified_only_of_existing_readable_resources() {
    let changes = Changes::new();
    let running = server_with_all(&changes).await;
    let reader = client(&running, Revision::Stateless, "desk:read").await;
    let listen = |uris: Value| {
        let params = json!({"notifications": {"resourceSubscriptions": uris}});
        reader.message("subscriptions/listen", params)
    };
    for uris in [
        json!(["desk://write"]),
        json!(["desk://read", "desk://both/7"]),
    ] {
        let answer = reader.send(&listen(uris)).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        let challenge = answer.challenge().expect("a challenge");
        assert_eq!(challenge.get("scope"), Some("desk:read desk:write"));
    }
    let notifications = json!({
        "resourceSubscriptions": ["desk://read", "desk://none", "desk://writ%65", "desk://open"],
        "resourcesListChanged": true,
        "promptsListChanged": true,
    });
    let mut stream = Stream::listening(&reader, notifications).await;
    stream
        .until("notifications/subscriptions/acknowledged")
        .await;
    // Unknown resources are not acknowledged.
    for absent in ["desk://none", "desk://writ"] {
        assert!(!stream.text.contains(absent), "{}", stream.text);
    }
    for uri in [
        "desk://none",
        "desk://write",
        "desk://whoami",
        "desk://read",
    ] {
        changes.resource_updated(uri);
    }
    stream.until("notifications/resources/updated").await;
    for absent in ["desk://none", "desk://write", "desk://whoami"] {
        assert!(!stream.text.contains(absent), "{}", stream.text);
    }
    changes.switch_prompt_off("read").expect("there is one");
    stream.until("notifications/prompts/list_changed").await;
    changes
        .switch_resource_off("desk://read")
        .expect("there is one");
    stream.until("notifications/resources/list_changed").await;
    stream.text.clear();
    // The resource is off: nobody can read it, so no update is sent.
    changes.resource_updated("desk://read");
    changes.resource_updated("desk://open");
    stream.until(&updated("desk://open")).await;
    assert!(!stream.text.contains("desk://read"), "{}", stream.text);
}

#[tokio::test]
async fn a_flood_of_listened_resources_is_refused_before_any_work() {
    let changes = Changes::new();
    let running = server_with_all(&changes).await;
    let reader = client(&running, Revision::Stateless, "desk:read").await;
    let listen = |count: usize| {
        let uris = vec!["desk://read"; count];
        let params = json!({"notifications": {"resourceSubscriptions": uris}});
        reader.message("subscriptions/listen", params)
    };
    let answer = tokio::time::timeout(Duration::from_secs(10), reader.send(&listen(200_000)))
        .await
        .expect("it is refused at once");
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(answer.json()["error"]["code"], -32602, "{answer:?}");
    let most = listen(1024);
    Stream::of(reader.post(&most).body(most.to_string())).await;
}

#[tokio::test]
async fn a_server_without_change_notifications_has_no_subscriptions() {
    let running = start(resources_and_prompts::add_all(tool_server::server(
        &Runs::default(),
    )))
    .await;
    let session = client(&running, SESSION, "desk:read").await;
    let answer = subscribe(&session, "desk://read").await;
    assert_eq!(answer.json()["error"]["code"], -32601, "{answer:?}");
    let stateless = client(&running, Revision::Stateless, "desk:read").await;
    let params = json!({"notifications": {"resourceSubscriptions": ["desk://read"]}});
    let answer = stateless.request("subscriptions/listen", params).await;
    assert_eq!(answer.status, 404, "{answer:?}");
}

#[tokio::test]
async fn disabled_items_respond_like_unknown_ones() {
    let changes = Changes::new();
    let running = server_with_all(&changes).await;
    for revision in Revision::ALL {
        let writer = client(&running, revision, "desk:read desk:write").await;
        let reads = |uri: &str| writer.request("resources/read", json!({"uri": uri}));
        let gets = |name: &str| writer.request("prompts/get", json!({"name": name}));
        let (no_resource, no_prompt) = (reads("desk://none").await, gets("none").await);
        changes
            .switch_resource_off("desk://both/{id}")
            .expect("one");
        changes.switch_prompt_off("read").expect("one");
        let code = |answer: &HttpResponse| answer.json()["error"]["code"].clone();
        let message = |answer: &HttpResponse| answer.json()["error"]["message"].clone();
        for (off, none) in [
            (reads("desk://both/7").await, no_resource),
            (gets("read").await, no_prompt),
        ] {
            assert_eq!((off.status, code(&off)), (none.status, code(&none)));
            assert_eq!(message(&off), message(&none), "{revision:?}");
        }
        let list = writer.request("resources/templates/list", json!({})).await;
        assert!(!list.text.contains("desk://both"), "{list:?}");
        let list = writer.request("prompts/list", json!({})).await;
        assert!(!list.text.contains(r#""name":"read""#), "{list:?}");
        changes.switch_resource_on("desk://both/{id}").expect("one");
        changes.switch_prompt_on("read").expect("one");
        assert!(reads("desk://both/7").await.json()["result"].is_object());
        assert!(gets("read").await.json()["result"].is_object());
    }
}
