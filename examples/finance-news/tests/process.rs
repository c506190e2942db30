//! Tests `finance-news` as a user starts it at a terminal.

use std::net::TcpListener;

use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    consenting_user::ConsentingUser,
    schema_formats::has_standard_formats,
    server_process::{Folder, Program, Serving, free_address},
};

fn program(folder: &Folder) -> Program {
    Program::new(env!("CARGO_BIN_EXE_finance-news"), folder)
}

/// A configured issuer that is down.
const ISSUER: &str = "http://127.0.0.1:9/issuer";

async fn token(server: &Serving, allows: &str) -> String {
    let person = ConsentingUser {
        name: "ada",
        allows,
    };
    person.log_in(&server.resource()).await
}

fn client(server: &Serving) -> Client {
    Client::new(server.resource(), Revision::Stateless)
}

async fn get(url: String) -> HttpResponse {
    HttpResponse::of(reqwest::Client::new().get(url)).await
}

#[tokio::test]
async fn its_scopes_are_printed_and_nothing_else() {
    let folder = Folder::new();
    // It ignores all settings, even an invalid one.
    let program = program(&folder).var("TOOLGATE_BIND", "nonsense");
    let ended = program.args(&["--print-scopes"]).run().await;
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(
        (&*ended.stdout, &*ended.stderr),
        ("news:read\n", ""),
        "{ended:?}"
    );
}

#[tokio::test]
async fn what_is_no_argument_is_an_error_that_says_what_is_one() {
    let folder = Folder::new();
    let help = program(&folder).args(&["--help"]).run().await;
    assert!(help.status.success(), "{help:?}");
    assert!(help.stdout.contains("--print-scopes"), "{help:?}");
    for arguments in [["--port", "80"].as_slice(), &["--print-scopes", "x"], &[""]] {
        let ended = program(&folder).args(arguments).run().await;
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        assert_eq!(ended.stdout, "", "{ended:?}");
        assert!(ended.stderr.contains(arguments[0]), "{ended:?}");
        assert!(ended.stderr.contains(&help.stdout), "{ended:?}");
    }
}

#[tokio::test]
async fn every_error_is_reported_together_by_the_name_of_its_variable() {
    let folder = Folder::new();
    let ended = program(&folder)
        .var("TOOLGATE_BIND", "nonsense")
        .var("TOOLGATE_RESOURCE", "mcp.example.com")
        .var("TOOLGATE_AUTHORIZATION_SERVERS", "http://example.com")
        .var("TOOLGATE_ALLOWED_ORIGINS", "*")
        .var("TOOLGATE_DOCS_URL", "docs")
        .var("ALPHA_VANTAGE_API_KEY", "KEY-4711")
        .var("ALPHA_VANTAGE_BASE_URL", "http://news.example")
        .run()
        .await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    for name in [
        "TOOLGATE_BIND",
        "TOOLGATE_RESOURCE",
        "TOOLGATE_AUTHORIZATION_SERVERS",
        "TOOLGATE_ALLOWED_ORIGINS",
        "TOOLGATE_DOCS_URL",
        "ALPHA_VANTAGE_BASE_URL",
    ] {
        assert!(ended.stderr.contains(name), "no {name}: {ended:?}");
    }
    assert!(!ended.stderr.contains("KEY-4711"), "{ended:?}");
}

#[tokio::test]
async fn a_wrong_log_filter_is_reported() {
    let folder = Folder::new();
    let program = program(&folder).var("RUST_LOG", "toolgate=loud");
    let ended = program.run().await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(
        ended.stderr.contains("RUST_LOG is \"toolgate=loud\""),
        "{ended:?}"
    );
}

/// The port is in use by this test or by another program; both cause the error.
#[tokio::test]
async fn it_listens_on_port_10000_and_says_what_to_do_when_that_is_taken() {
    let _taken = TcpListener::bind("127.0.0.1:10000");
    let folder = Folder::new();
    let ended = program(&folder).run().await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let output = "cannot listen on 127.0.0.1:10000";
    assert!(ended.stderr.contains(output), "{ended:?}");
    assert!(ended.stderr.contains("TOOLGATE_BIND"), "{ended:?}");
}

#[tokio::test]
async fn without_any_setting_it_is_as_the_contract_says() {
    let folder = Folder::new();
    let server = program(&folder).serve().await;
    let origin = server.url("");
    let metadata = json!({
        "resource": server.resource(),
        "authorization_servers": [origin],
        "scopes_supported": ["news:read"],
        "bearer_methods_supported": ["header"],
        "resource_documentation": server.url("/docs"),
        "resource_name": "finance-news",
        // RFC 9728 §2: DPoP proofs are accepted, but not required.
        "dpop_signing_alg_values_supported": [
            "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA",
        ],
    });
    for path in ["", "/mcp"] {
        let path = format!("/.well-known/oauth-protected-resource{path}");
        assert_eq!(get(server.url(&path)).await.json(), metadata);
    }
    for path in ["/healthz", "/readyz", "/docs"] {
        assert_eq!(get(server.url(path)).await.status, 200, "{path}");
    }
    let issuer = get(server.url("/.well-known/oauth-authorization-server")).await;
    assert_eq!(issuer.json()["issuer"], origin);
    let said = server.says("Connect to it").await;
    assert!(said.contains("DEVELOPMENT ISSUER"), "{said}");
    assert!(said.contains("sample data"), "{said}");
}

/// Users copy this line from the terminal, so it must do what it says.
#[tokio::test]
async fn the_line_that_shows_the_refusal_shows_it() {
    let folder = Folder::new();
    let server = program(&folder).serve().await;
    let said = server.says("curl -i").await;
    let line = said.lines().find(|line| line.contains("curl -i"));
    let words: Vec<_> = line.expect("a line").split_whitespace().collect();
    let [.., "curl", "-i", url, "-d", "'{}'"] = words[..] else {
        panic!("{words:?}");
    };
    let kind = "application/x-www-form-urlencoded";
    let request = reqwest::Client::new()
        .post(url)
        .header("content-type", kind)
        .body("{}");
    let answer = HttpResponse::of(request).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    let challenge = answer.challenge().expect("a challenge");
    assert_eq!(challenge.get("scope"), Some("news:read"));
    assert_eq!(challenge.get("error"), None);
}

#[tokio::test]
async fn who_logs_in_has_news_and_who_grants_nothing_has_none() {
    let folder = Folder::new();
    let server = program(&folder).serve().await;
    let ticker = json!({"ticker": "aapl"});
    let client = client(&server).with_token(token(&server, "news:read").await);
    let answer = client.call("get_news_sentiment", ticker.clone()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let news = &answer.json()["result"]["structuredContent"];
    assert_eq!(news["ticker"], "AAPL");
    assert_eq!(news["articles"].as_array().map(Vec::len), Some(3));
    let note = news["note"].as_str().expect("a note");
    assert!(note.contains("sample data"), "{note}");

    let wrong = client
        .call("get_news_sentiment", json!({"ticker": "A,B"}))
        .await;
    assert!(wrong.is_tool_error(), "{wrong:?}");

    let without = client.with_token(token(&server, "").await);
    let refused = without.call("get_news_sentiment", ticker).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let challenge = refused.challenge().expect("a challenge");
    assert_eq!(challenge.get("error"), Some("insufficient_scope"));
    assert_eq!(challenge.get("scope"), Some("news:read"));
}

#[tokio::test]
async fn the_env_file_is_read_and_the_process_wins_over_it() {
    let folder = Folder::new();
    let provider = free_address();
    folder.write_secret("key", "KEY-4711\n");
    folder.write(
        ".env",
        &format!(
            "TOOLGATE_BIND=nonsense\nTOOLGATE_DOCS_URL=https://docs.example/news\n\
             ALPHA_VANTAGE_API_KEY_FILE='key'\nALPHA_VANTAGE_BASE_URL=http://{provider}\n"
        ),
    );
    let server = program(&folder).var("RUST_LOG", "trace").serve().await;
    let metadata = get(server.url("/.well-known/oauth-protected-resource")).await;
    assert_eq!(
        metadata.json()["resource_documentation"],
        "https://docs.example/news"
    );
    // There is a key, so the provider is called; nothing listens at its address.
    let token = token(&server, "news:read").await;
    let client = client(&server).with_token(&token);
    let ticker = json!({"ticker": "AAPL"});
    let answer = client.call("get_news_sentiment", ticker).await;
    assert!(answer.is_tool_error(), "{answer:?}");
    let output = answer.tool_text();
    assert!(output.contains("cannot be reached"), "{output}");
    // No secret is logged, at any level.
    let ended = server.killed().await;
    assert!(ended.stderr.contains("get_news_sentiment"), "{ended:?}");
    for secret in ["KEY-4711", &token] {
        assert!(!ended.stderr.contains(secret), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn for_others_it_does_not_start_without_an_issuer() {
    let folder = Folder::new();
    let address = free_address();
    for (bind, resource) in [
        (
            format!("0.0.0.0:{}", address.port()),
            "https://mcp.example.com/mcp",
        ),
        (address.to_string(), "https://mcp.example.com/mcp"),
    ] {
        let ended = program(&folder)
            .var("TOOLGATE_BIND", bind)
            .var("TOOLGATE_RESOURCE", resource)
            .run()
            .await;
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        let name = "TOOLGATE_AUTHORIZATION_SERVERS";
        assert!(ended.stderr.contains(name), "{ended:?}");
    }
}

#[tokio::test]
async fn where_an_issuer_is_configured_there_is_no_other() {
    let address = free_address();
    let public = format!("0.0.0.0:{}", address.port());
    for (bind, resource) in [
        (address.to_string(), format!("http://{address}/mcp")),
        (public, "https://mcp.example.com/mcp".to_owned()),
    ] {
        let folder = Folder::new();
        let server = program(&folder)
            .var("TOOLGATE_BIND", bind)
            .var("TOOLGATE_RESOURCE", &resource)
            .var("TOOLGATE_AUTHORIZATION_SERVERS", ISSUER)
            .start()
            .listens_on(address)
            .await;
        for path in [
            "/.well-known/oauth-authorization-server",
            "/.well-known/openid-configuration",
            "/development/jwks",
            "/development/authorize?client_id=x",
        ] {
            assert_eq!(get(server.url(path)).await.status, 404, "{path}");
        }
        let metadata = get(server.url("/.well-known/oauth-protected-resource")).await;
        assert_eq!(metadata.json()["authorization_servers"], json!([ISSUER]));
        assert_eq!(metadata.json()["resource"], *resource);
        let said = server.says("Connect to it").await;
        assert!(!said.contains("DEVELOPMENT"), "{said}");
        // The issuer is down, so `readyz` reports it.
        assert_eq!(get(server.url("/readyz")).await.status, 503);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn told_to_stop_it_ends_without_an_error() {
    let folder = Folder::new();
    for signal in ["TERM", "INT"] {
        let server = program(&folder).serve().await;
        // It answers, so it also handles signals.
        assert_eq!(get(server.url("/healthz")).await.status, 200);
        let ended = server.ended_by(signal).await;
        assert!(ended.status.success(), "{signal} {ended:?}");
    }
}

#[tokio::test]
async fn every_schema_has_standard_formats_alone() {
    let folder = Folder::new();
    let server = program(&folder).serve().await;
    has_standard_formats(&server).await;
}

/// The log is off: an operator without a log sees it all the same.
#[tokio::test]
async fn an_unreachable_issuer_stands_in_the_banner() {
    let folder = Folder::new();
    let server = program(&folder)
        .var("TOOLGATE_AUTHORIZATION_SERVERS", "http://127.0.0.1:9")
        .var("RUST_LOG", "off")
        .serve()
        .await;
    let said = server.says("WARNING: the keys of").await;
    for part in [
        "http://127.0.0.1:9 are not loaded",
        "Listens on      127.0.0.1:",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[tokio::test]
async fn log_lines_are_json_where_it_is_set_and_the_banner_can_be_off() {
    let folder = Folder::new();
    let server = program(&folder)
        .var("TOOLGATE_LOG_FORMAT", "json")
        .var("TOOLGATE_BANNER", "off")
        .serve()
        .await;
    server.says("\"message\":\"server built\"").await;
    let refused = client(&server).call("get_news_sentiment", json!({})).await;
    assert_eq!(refused.status, 401, "{refused:?}");
    server.says("\"item\":\"get_news_sentiment\"").await;
    let ended = server.ended_by("TERM").await;
    assert!(!ended.stderr.contains("MCP endpoint"), "{ended:?}");
    for line in ended.stderr.lines() {
        assert!(line.starts_with('{') && line.ends_with('}'), "{line}");
        // A field must not have the name of a member of every line.
        for member in ["target", "level", "timestamp", "message"] {
            let named = format!("\"{member}\":");
            assert!(line.matches(&named).count() <= 1, "{line}");
        }
    }
}
