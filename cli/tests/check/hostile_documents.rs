//! Servers whose documents try to exhaust memory and time, or to deceive readers of the report.

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::State,
    http::{Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::command::{Ran, command};

/// The most memory of the process, in KiB. With a well-behaved server it uses 20 to 30 MiB; one
/// parsed document may take 10 MiB, and several are held at the same time.
const MOST_MEMORY: u64 = 150 << 10;

/// The longest run. It takes a second or two; it would take minutes if every scope were
/// compared with every other. The bound is wide because machines differ.
const MOST_TIME: Duration = Duration::from_secs(60);

/// A server that refuses every call and serves this metadata and this other document.
struct Hostile {
    origin: String,
    metadata: Box<dyn Fn(&str) -> String + Send + Sync>,
    other: String,
}

async fn serve(metadata: impl Fn(&str) -> String + Send + Sync + 'static, other: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let hostile = Arc::new(Hostile {
        origin: origin.clone(),
        metadata: Box::new(metadata),
        other,
    });
    let router = Router::new().fallback(answer).with_state(hostile);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("{origin}/mcp")
}

async fn answer(State(hostile): State<Arc<Hostile>>, method: Method, uri: Uri) -> Response {
    let kind = (header::CONTENT_TYPE, "application/json");
    let path = uri.path();
    if path.contains("oauth-") {
        return ([kind], (hostile.metadata)(&hostile.origin)).into_response();
    }
    if method == Method::POST && path == "/mcp" {
        let place = format!(
            "{}/.well-known/oauth-protected-resource/mcp",
            hostile.origin
        );
        let challenge = format!("Bearer resource_metadata=\"{place}\"");
        let headers = [kind, (header::WWW_AUTHENTICATE, &*challenge)];
        return (StatusCode::UNAUTHORIZED, headers, hostile.other.clone()).into_response();
    }
    ([kind], hostile.other.clone()).into_response()
}

/// Runs the command. Also returns its peak memory in KiB, and its duration.
async fn measured(arguments: &[&str]) -> (Ran, u64, Duration) {
    let start = Instant::now();
    let child = command(arguments, &[]).spawn().expect("it starts");
    let status = format!("/proc/{}/status", child.id().expect("it runs"));
    let mut ending = tokio::spawn(child.wait_with_output());
    let mut peak = 0;
    let output = loop {
        tokio::select! {
            output = &mut ending => break output.expect("no panic").expect("an end"),
            () = tokio::time::sleep(Duration::from_millis(5)) => {}
        }
        let status = fs::read_to_string(&status).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(number.unwrap_or(0));
    };
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let ran = Ran {
        code: output.status.code(),
        out: text(output.stdout),
        errors: text(output.stderr),
    };
    (ran, peak, start.elapsed())
}

/// Checks that the run was cheap. Without `/proc`, only the time is measured.
fn is_cheap((ran, peak, time): (Ran, u64, Duration)) -> Ran {
    assert_eq!(ran.code, Some(1), "{} {peak} {time:?}", ran.errors);
    assert!(peak > 0 || !cfg!(target_os = "linux"), "not measured");
    assert!(peak < MOST_MEMORY, "{peak} KiB");
    assert!(time < MOST_TIME, "{time:?}");
    ran
}

/// Two million bytes of the smallest JSON objects.
fn objects() -> String {
    format!("[{}0]", r#"{"":0},"#.repeat(280_000))
}

#[tokio::test]
async fn documents_of_small_objects_cost_little() {
    let list = |_: &str| objects();
    let member = |_: &str| format!("{{\"resource\":{}}}", objects());
    let good = |origin: &str| {
        json!({"resource": format!("{origin}/mcp"), "authorization_servers": [origin]}).to_string()
    };
    let other = format!("{{\"keys\":{}}}", objects());
    for url in [
        serve(list, String::new()).await,
        serve(member, String::new()).await,
        serve(good, other).await,
    ] {
        is_cheap(measured(&[&url, "--json", "--timeout", "30"]).await);
    }
}

#[tokio::test]
async fn a_key_set_of_many_keys_is_no_reason_for_many_requests() {
    // Every document has all members; at most 16 keys are used, for four tokens each.
    let document = |origin: &str| {
        let key = json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"});
        json!({
            "resource": format!("{origin}/mcp"), "authorization_servers": [origin],
            "issuer": origin, "jwks_uri": format!("{origin}/oauth-protected-resource/keys"),
            "keys": vec![key; 5_000],
        })
        .to_string()
    };
    let url = serve(document, String::new()).await;
    let ran = is_cheap(measured(&[&url, "--json", "--timeout", "30"]).await);
    assert_eq!(ran.findings()["issuer.jwks"]["verdict"], "pass");
    let seen = ran.findings()["tokens.known_secret"]["seen"].clone();
    assert_eq!(seen, "66 variants refused");
}

#[tokio::test]
async fn a_hundred_thousand_scopes_take_no_minutes() {
    let metadata = |origin: &str| {
        // As many as fit into a document of 2 MiB and its memory bound.
        let scopes: Vec<_> = (0..64_000).map(|number| format!("s:{number}")).collect();
        json!({
            "resource": format!("{origin}/mcp"), "authorization_servers": [origin],
            "scopes_supported": scopes,
        })
        .to_string()
    };
    let url = serve(metadata, String::new()).await;
    let ran = is_cheap(measured(&[&url, "--json", "--timeout", "30"]).await);
    assert_eq!(ran.findings()["metadata.scope_tokens"]["verdict"], "pass");
    let long = |finding: &Value| finding["seen"].as_str().expect("a text").chars().count() > 401;
    assert!(!ran.findings().values().any(long), "{}", ran.out);

    // Larger documents are not parsed at all.
    let metadata = |_: &str| {
        let scopes: Vec<_> = (0..150_000).map(|number| format!("s{number}")).collect();
        json!({"scopes_supported": scopes}).to_string()
    };
    let url = serve(metadata, String::new()).await;
    is_cheap(measured(&[&url, "--json", "--timeout", "30"]).await);
}

#[tokio::test]
async fn no_character_that_moves_or_hides_reaches_a_report() {
    for character in [
        '\u{61c}',
        '\u{202e}',
        '\u{1b}',
        '\u{e0041}',
        '\u{fe0f}',
        '\u{ad}',
    ] {
        let metadata = move |origin: &str| {
            json!({"resource": format!("{origin}/{character}x"), "authorization_servers": ["?"]})
                .to_string()
        };
        let url = serve(metadata, String::new()).await;
        for arguments in [&[&*url][..], &[&*url, "--json"]] {
            let (ran, ..) = measured(arguments).await;
            // The character must stay escaped for a reader that decodes the JSON report.
            let shown: String = match serde_json::from_str::<Value>(&ran.out) {
                Ok(report) => report["findings"].to_string() + &ran.out,
                Err(_) => ran.out.clone(),
            };
            assert!(!shown.contains(character), "{shown}");
            let escaped: String = character.escape_default().collect();
            let escaped = escaped.trim_start_matches('\\');
            assert!(shown.contains(escaped), "{escaped}: {shown}");
        }
    }
}
