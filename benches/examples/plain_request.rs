//! Repeats one plain decision or one plain request, so that its instructions can be counted: alone,
//! next to items with policies, which must not make plain items slower, or with limits, metrics, an
//! audit log or traces.
//!
//! `plain_request decision plain|policies <times>`, or `plain_request request <what> <times>` with
//! `plain`, `role`, `sign-in`, `authorize`, `confirm`, `limits`, `policies`, or `limited`,
//! `metrics`, `audit`, `traces`; see `docs/performance.md`.

use std::{env, fs, net::TcpListener, path::Path, process};

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::json;
use tokio::runtime::Builder;
use toolgate::{
    Caller, Config, Environment, Server, auth::AuthorizeError, issuer::Issuer, mcp_prompt,
    mcp_resource, mcp_tool, prompts, resources, tools,
};
use toolgate_benches::Desk;
use tower::ServiceExt;

/// Answers.
#[mcp_tool(scope = "desk:000")]
fn plain() -> &'static str {
    "done"
}

/// Answers, too: the server without policies has as many tools.
#[mcp_tool(scope = "desk:000")]
fn other() -> &'static str {
    "done"
}

/// Answers within limits.
#[mcp_tool(
    name = "plain",
    scope = "desk:000",
    rate = "1000000/s",
    burst = 1000000,
    concurrency = 1000,
    timeout = "30s"
)]
fn limited() -> &'static str {
    "done"
}

fn may(_: &Caller) -> Result<(), AuthorizeError> {
    Ok(())
}

/// Has a role.
#[mcp_tool(name = "other", scope = "desk:000", any_role = ["owner", ["editor", "auditor"]])]
fn with_role() -> &'static str {
    "done"
}

/// Needs a recent sign-in.
#[mcp_tool(
    name = "other",
    scope = "desk:000",
    acr = "urn:example:mfa",
    max_age = 300
)]
fn with_sign_in() -> &'static str {
    "done"
}

/// Has a function that decides.
#[mcp_tool(name = "other", scope = "desk:000", authorize = may)]
fn with_authorize() -> &'static str {
    "done"
}

/// Has a confirmation.
#[mcp_tool(name = "other", scope = "desk:000", confirm = "Go on?")]
fn with_confirm() -> &'static str {
    "done"
}

/// Has limits.
#[mcp_tool(
    name = "other",
    scope = "desk:000",
    rate = "10/min",
    concurrency = 4,
    timeout = "30s"
)]
fn with_limits() -> &'static str {
    "done"
}

/// Has every policy.
#[mcp_tool(
    name = "other", scope = "desk:000", any_role = ["owner", ["editor", "auditor"]],
    acr = "urn:example:mfa", max_age = 300, authorize = may, confirm = "Go on?"
)]
fn with_all() -> &'static str {
    "done"
}

/// Has every policy.
#[mcp_prompt(scope = "desk:000", role = "editor", authorize = may)]
fn letter() -> &'static str {
    "done"
}

/// Has every policy.
#[mcp_resource(uri = "desk://letter", scope = "desk:000", acr = "urn:example:mfa", authorize = may)]
fn letters() -> &'static str {
    "done"
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [what, with, times] = arguments.as_slice() else {
        panic!("usage: plain_request decision|request plain|policies|metrics|… <times>");
    };
    let times: u32 = times.parse().expect("a number");
    match &**what {
        "decision" => decide(with == "policies", times),
        "request" => request(with, times),
        other => panic!("{other}"),
    }
}

fn decide(has_policies: bool, times: u32) {
    let desk = match has_policies {
        true => Desk::with_policies_on_others(100, 16),
        false => Desk::new(100, 16),
    };
    for _ in 0..times {
        assert!(std::hint::black_box(&desk).decide());
    }
}

fn request(with: &str, times: u32) {
    let desk = Desk::new(1, 1);
    let (tokens, jwks) = desk.tokens();
    let issuer = Issuer::new("https://as.example").with_jwks(jwks);
    let log = env::temp_dir().join(format!("plain-request-{}.jsonl", process::id()));
    let mut variables = vec![("TOOLGATE_RESOURCE", "https://mcp.example/mcp".to_owned())];
    variables.extend(observers(with, &log));
    let config = Config::from_environment(&Environment::from_iter(variables), 443);
    let config = config.expect("it is valid").with_issuer(issuer);
    let server = Server::new("desk").without_banner();
    let server = match with {
        "plain" | "metrics" | "audit" | "traces" => server.tools(tools![plain, other]),
        "limited" => server.tools(tools![limited, other]),
        "role" => server.tools(tools![plain, with_role]),
        "sign-in" => server.tools(tools![plain, with_sign_in]),
        "authorize" => server.tools(tools![plain, with_authorize]),
        "confirm" => server.tools(tools![plain, with_confirm]),
        "limits" => server.tools(tools![plain, with_limits]),
        "policies" => server
            .tools(tools![plain, with_all])
            .prompts(prompts![letter])
            .resources(resources![letters]),
        other => panic!("{other}"),
    };
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let router = server.into_router(config).expect("it starts");
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "plain", "arguments": {}, "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
            }},
        });
        let body = body.to_string();
        for _ in 0..times {
            let request = Request::post("/mcp")
                .header("host", "mcp.example")
                .header("content-type", "application/json")
                .header("accept", "application/json, text/event-stream")
                .header("authorization", format!("Bearer {}", tokens[0]))
                .header("mcp-protocol-version", "2026-07-28")
                .header("mcp-method", "tools/call")
                .header("mcp-name", "plain")
                .body(Body::from(body.clone()))
                .expect("a request");
            let response = router.clone().oneshot(request).await.expect("an answer");
            assert_eq!(response.status(), StatusCode::OK);
        }
    });
    let _ = fs::remove_file(log);
}

/// Returns the variables of an observer of requests.
fn observers(with: &str, log: &Path) -> Vec<(&'static str, String)> {
    match with {
        "metrics" => {
            let free = TcpListener::bind("127.0.0.1:0").expect("a port");
            let address = free.local_addr().expect("an address").to_string();
            vec![("TOOLGATE_METRICS_BIND", address)]
        }
        "audit" => vec![
            ("TOOLGATE_AUDIT_FILE", log.display().to_string()),
            (
                "TOOLGATE_AUDIT_KEY",
                "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned(),
            ),
        ],
        // Nothing listens there: the spans are made, and dropped when the queue is full.
        "traces" => vec![(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http://127.0.0.1:9".to_owned(),
        )],
        _ => Vec::new(),
    }
}
