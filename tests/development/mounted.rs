//! A server that is mounted into an axum application.

use std::net::{Ipv4Addr, SocketAddr};

use axum::{Router, extract::ConnectInfo, routing::get as route};
use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    tool_server::{self, Runs},
    unsigned_tokens,
};
use tokio::net::TcpListener;
use toolgate::Config;

use crate::{PATHS, get};

/// How an application passes the peer address to its routes.
enum Peer {
    /// With `into_make_service_with_connect_info`.
    Told,
    /// Not at all: `axum::serve(listener, app)`.
    Untold,
    /// With the address of another machine.
    Elsewhere,
}

/// Starts an application with its own route and fallback, and returns its origin.
async fn application(configure: impl FnOnce(Config) -> Config, peer: Peer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let config = configure(Config::new(format!("http://{address}/mcp")));
    let server = tool_server::unverified_server(&Runs::default());
    let own = Router::new()
        .route("/own", route(async || "own"))
        .fallback(async || "own fallback");
    let app = own.merge(server.into_router(config).expect("it starts"));
    tokio::spawn(async move {
        match peer {
            Peer::Told => {
                let app = app.into_make_service_with_connect_info::<SocketAddr>();
                axum::serve(listener, app).await
            }
            Peer::Untold => axum::serve(listener, app).await,
            Peer::Elsewhere => {
                let far = SocketAddr::from((Ipv4Addr::new(203, 0, 113, 9), 9));
                axum::serve(listener, app.layer(axum::Extension(ConnectInfo(far)))).await
            }
        }
    });
    format!("http://{address}")
}

fn trusted(config: Config) -> Config {
    config.with_issuer(unsigned_tokens::ISSUER)
}

#[tokio::test]
async fn the_applications_own_routes_are_its_own() {
    let origin = application(trusted, Peer::Untold).await;
    for (path, text) in [("/own", "own"), ("/nothing", "own fallback")] {
        let answer = get(&format!("{origin}{path}")).await;
        assert_eq!((answer.status, &*answer.text), (200, text), "{path}");
        let request = reqwest::Client::new()
            .get(format!("{origin}{path}"))
            .header("host", "any.example")
            .bearer_auth("a token of its own");
        assert_eq!(HttpResponse::of(request).await.text, text, "{path}");
    }
}

#[tokio::test]
async fn the_server_is_protected_there_as_well() {
    let origin = application(trusted, Peer::Untold).await;
    let client = Client::new(format!("{origin}/mcp"), Revision::Stateless);
    let answer = client.call("read", json!({})).await;
    assert_eq!(answer.status, 401);
    let challenge = answer.challenge().expect("a challenge");
    let metadata = challenge.get("resource_metadata").expect("a URL");
    assert_eq!(get(metadata).await.status, 200);
    // A browser page can read the refusal.
    let message = client.message("tools/call", json!({"name": "read"}));
    let request = client.post(&message).header("origin", "http://localhost:1");
    let answer = HttpResponse::of(request.body(message.to_string())).await;
    assert_eq!(answer.status, 401);
    assert!(answer.header("access-control-allow-origin").is_some());
}

#[tokio::test]
async fn the_development_issuer_answers_who_is_known_to_be_here() {
    let origin = application(|config| config, Peer::Told).await;
    for path in PATHS {
        let answer = get(&format!("{origin}{path}")).await;
        assert!(![403, 404].contains(&answer.status), "{path} {answer:?}");
    }
}

#[tokio::test]
async fn the_development_issuer_answers_nobody_from_elsewhere() {
    let origin = application(|config| config, Peer::Elsewhere).await;
    for path in PATHS {
        assert_eq!(get(&format!("{origin}{path}")).await.status, 403, "{path}");
    }
}

/// An application can listen on any address, and a router does not know which. Without the
/// peer's address, anyone on the network could request a token.
#[tokio::test]
async fn the_development_issuer_answers_nobody_whose_address_is_not_known() {
    let origin = application(|config| config, Peer::Untold).await;
    for path in PATHS {
        let answer = get(&format!("{origin}{path}")).await;
        assert_eq!(answer.status, 403, "{path} {answer:?}");
        assert!(
            answer.text.contains("into_make_service_with_connect_info"),
            "{answer:?}"
        );
    }
}
