use super::*;

const PATHS: [&str; 4] = [
    "/.well-known/oauth-authorization-server",
    "/development/authorize",
    "/development/jwks",
    "/mcp/.well-known/openid-configuration",
];

async fn status(change: impl Fn(&mut Request<Body>)) -> Vec<StatusCode> {
    let world = World::new();
    let mut statuses = Vec::new();
    for path in PATHS {
        let mut request = request("GET", path).body(Body::empty()).unwrap();
        change(&mut request);
        let answer = world.send(request).await;
        if answer.status == StatusCode::FORBIDDEN {
            answer.is_error("invalid_request");
            assert!(!answer.headers.contains_key(header::WWW_AUTHENTICATE));
        }
        statuses.push(answer.status);
    }
    statuses
}

fn set(name: &'static str, value: &str) -> impl Fn(&mut Request<Body>) {
    move |request| {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
}

fn refused(statuses: &[StatusCode]) -> bool {
    let refusals = statuses.iter().filter(|one| **one == StatusCode::FORBIDDEN);
    match refusals.count() {
        0 => false,
        count => {
            assert_eq!(count, PATHS.len(), "every route or none");
            true
        }
    }
}

#[tokio::test]
async fn a_host_rebound_to_loopback_is_refused() {
    for host in [
        "evil.example",
        "evil.example:10000",
        "localhost.evil.example",
        "192.168.1.5:10000",
        "",
    ] {
        assert!(refused(&status(set("host", host)).await), "{host}");
    }
    for host in [
        "localhost:10000",
        "127.0.0.1:10000",
        "[::1]:10000",
        "localhost",
    ] {
        assert!(!refused(&status(set("host", host)).await), "{host}");
    }
}

#[tokio::test]
async fn a_request_names_its_host_once() {
    let two = |request: &mut Request<Body>| {
        let host = "localhost".parse().unwrap();
        request.headers_mut().append(header::HOST, host);
    };
    assert!(refused(&status(two).await));
    let none = |request: &mut Request<Body>| {
        request.headers_mut().remove(header::HOST);
    };
    assert!(refused(&status(none).await));
}

#[tokio::test]
async fn the_authority_of_http_2_counts_as_a_host() {
    for (authority, refusal) in [("127.0.0.1:10000", false), ("evil.example", true)] {
        for keep_host in [false, true] {
            let change = |request: &mut Request<Body>| {
                let path = request.uri().path().to_owned();
                *request.uri_mut() = format!("http://{authority}{path}").parse().unwrap();
                if !keep_host {
                    request.headers_mut().remove(header::HOST);
                }
            };
            assert_eq!(refused(&status(change).await), refusal, "{authority}");
        }
    }
}

#[tokio::test]
async fn a_peer_that_is_not_on_this_machine_is_refused() {
    for (peer, refusal) in [
        ("127.0.0.1:5", false),
        ("[::1]:5", false),
        ("[::ffff:127.0.0.1]:5", false),
        ("192.168.1.5:5", true),
        ("[2001:db8::1]:5", true),
    ] {
        let address: SocketAddr = peer.parse().unwrap();
        let change = |request: &mut Request<Body>| {
            request.extensions_mut().insert(ConnectInfo(address));
        };
        assert_eq!(refused(&status(change).await), refusal, "{peer}");
    }
}

#[tokio::test]
async fn a_request_without_a_peer_address_is_refused() {
    let change = |request: &mut Request<Body>| {
        request.extensions_mut().remove::<ConnectInfo<SocketAddr>>();
    };
    assert!(refused(&status(change).await));
}

#[tokio::test]
async fn a_tunnel_to_loopback_is_refused() {
    for (name, value, refusal) in [
        ("x-forwarded-for", "203.0.113.9", true),
        ("x-forwarded-for", "127.0.0.1, 203.0.113.9", true),
        ("x-forwarded-for", "unknown", true),
        ("x-forwarded-for", "127.0.0.1, ::1", false),
        ("x-forwarded-host", "abc.tunnel.example", true),
        ("x-forwarded-host", "localhost:3000", false),
        ("forwarded", "for=127.0.0.1", true),
        ("via", "1.1 tunnel", true),
        ("x-real-ip", "203.0.113.9", true),
        ("x-real-ip", "127.0.0.1", false),
        ("x-client-ip", "203.0.113.9", true),
        ("cf-connecting-ip", "203.0.113.9", true),
        ("true-client-ip", "203.0.113.9", true),
        ("x-original-host", "abc.tunnel.example", true),
    ] {
        assert_eq!(
            refused(&status(set(name, value)).await),
            refusal,
            "{name}: {value}"
        );
    }
}

/// By default, nginx sends HTTP/1.0 requests with the upstream's own name as `Host` and
/// without forwarding headers.
#[tokio::test]
async fn a_proxy_without_forwarding_headers_is_refused_by_its_http_1_0() {
    let old = |request: &mut Request<Body>| *request.version_mut() = axum::http::Version::HTTP_10;
    assert!(refused(&status(old).await));
}
