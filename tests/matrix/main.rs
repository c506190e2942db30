//! Every kind of requirement × every state of token × every revision × every operation.
//!
//! What is expected is computed by [`model`], which is naive on purpose and shares nothing
//! with the server: sets of strings, and the contract's sentences as `if`s.

mod model;

use std::collections::BTreeSet;

use model::{Asked, Bearer, Expected, Shop};
use reqwest::Method;
use serde_json::json;
use support::{
    client::{Answer, Challenge, Client, Revision},
    desk::{self, Runs},
    server::Running,
    tokens::{self, ISSUER},
};

const BEARERS: [Bearer; 12] = [
    Bearer::None,
    Bearer::Malformed,
    Bearer::Expired("desk:read desk:write"),
    Bearer::OfAnother("desk:read desk:write"),
    Bearer::ForAnother("desk:read desk:write"),
    Bearer::Good(""),
    Bearer::Good("other"),
    Bearer::Good("desk:read"),
    Bearer::Good("desk:write"),
    Bearer::Good("desk:read desk:write"),
    Bearer::Good("desk:read desk:write desk:admin other"),
    Bearer::Good("desk:root"),
];

const ASKED: [Asked; 14] = [
    Asked::Call("ping"),
    Asked::Call("whoami"),
    Asked::Call("read"),
    Asked::Call("write"),
    Asked::Call("rewrite"),
    Asked::Call("purge"),
    Asked::Call("none such"),
    Asked::Handshake,
    Asked::ListTools,
    Asked::Ping,
    Asked::Notify,
    Asked::Stream,
    Asked::End,
    Asked::Unruled,
];

/// How many there are.
const CELLS: usize = 2 * Revision::ALL.len() * BEARERS.len() * ASKED.len();
const _: () = assert!(CELLS == 1_344);

fn token(resource: &str, bearer: Bearer) -> Option<String> {
    let claims = |scopes| tokens::claims(resource, scopes);
    let changed = |scopes, name: &str, value: serde_json::Value| {
        let mut claims = claims(scopes);
        claims[name] = value;
        Some(tokens::token(&claims))
    };
    match bearer {
        Bearer::None => None,
        Bearer::Malformed => Some("certainly-no-token".to_owned()),
        Bearer::Expired(scopes) => changed(scopes, "exp", json!(1_000)),
        Bearer::OfAnother(scopes) => changed(scopes, "iss", json!("https://evil.example")),
        Bearer::ForAnother(scopes) => changed(scopes, "aud", json!("https://other.example")),
        Bearer::Good(scopes) => Some(tokens::token(&claims(scopes))),
    }
}

/// A client in the right session for a cell: one's own where one can have it, else one
/// that alice opened with a good token.
async fn client(running: &Running, shop: Shop, revision: Revision, bearer: Bearer) -> Client {
    let bare = Client::new(running.resource(), revision);
    let good = tokens::token(&tokens::claims(&running.resource(), ""));
    let mut opener = match (bearer, shop) {
        (Bearer::None, Shop::Open) => bare,
        _ => bare.with_token(good),
    };
    opener.open().await;
    match token(&running.resource(), bearer) {
        Some(token) => opener.with_token(token),
        None => opener.without_token(),
    }
}

async fn ask(
    mut client: Client,
    revision: Revision,
    asked: Asked,
) -> (u16, Option<Challenge>, String) {
    let answer = match asked {
        Asked::Call(tool) => client.call(tool, json!({})).await,
        Asked::Handshake => {
            // A new one; the session that is there belongs to the cells of other kinds.
            client = client.without_session();
            client.initialize().await
        }
        Asked::ListTools => client.request("tools/list", json!({})).await,
        Asked::Ping => client.request("ping", json!({})).await,
        Asked::Notify => {
            let message = json!({"jsonrpc": "2.0", "method": "notifications/roots/list_changed"});
            client.send(&message).await
        }
        Asked::Stream => {
            let request = client
                .plain(Method::GET)
                .header("accept", "text/event-stream");
            let response = request.send().await.expect("an answer");
            let status = response.status().as_u16();
            if status == 200 {
                // It would go on for ever.
                return (status, None, format!("{revision:?}"));
            }
            Answer::of_response(response).await
        }
        Asked::End => Answer::of(client.plain(Method::DELETE)).await,
        Asked::Unruled => client.request("made/up", json!({})).await,
    };
    (answer.status, answer.challenge(), answer.text)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cell_is_as_the_model_says() {
    let mut cells = 0;
    let mut faults = Vec::new();
    for shop in [Shop::Open, Shop::Closed] {
        let runs = Runs::default();
        let server = match shop {
            Shop::Open => desk::server(&runs),
            Shop::Closed => desk::closed_server(&runs),
        };
        let server = server.scope_implies("desk:root", ["desk:read", "desk:write"]);
        let running = Running::start(server, |config| config.with_issuer(ISSUER)).await;
        for revision in Revision::ALL {
            for bearer in BEARERS {
                for asked in ASKED {
                    let before = runs.all().len();
                    let client = client(&running, shop, revision, bearer).await;
                    let (status, challenge, text) = ask(client, revision, asked).await;
                    let expected = model::expected(shop, revision, bearer, asked);
                    let ran = runs.all().len() - before;
                    let seen = Expected {
                        status,
                        error: challenge
                            .as_ref()
                            .and_then(|c| c.get("error"))
                            .map(str::to_owned),
                        scope: challenge.as_ref().map(|challenge| {
                            let scope = challenge.get("scope").unwrap_or_default();
                            scope.split(' ').map(str::to_owned).collect::<BTreeSet<_>>()
                        }),
                        runs: ran == 1,
                    };
                    cells += 1;
                    if seen != expected || ran > 1 {
                        faults.push(format!(
                            "{shop:?} {revision:?} {bearer:?} {asked:?}\n  expected {expected:?}\n  seen     {seen:?}\n  {text}"
                        ));
                    }
                }
            }
        }
        running.stopped().await;
    }
    assert_eq!(cells, CELLS, "no cell is skipped");
    assert!(
        faults.is_empty(),
        "{} of {cells}:\n{}",
        faults.len(),
        faults.join("\n")
    );
}
