//! The documentation as Markdown and JSON in addition to the page.

use reqwest::Method;
use serde_json::{Value, json};
use support::{
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::ISSUER,
};
use toolgate::{Config, Server, mcp_tool, tools};

use crate::start_tool_server;

/// The end of the path and the media type of each rendering.
const RENDERINGS: [(&str, &str); 3] = [
    ("", "text/html; charset=utf-8"),
    (".md", "text/markdown; charset=utf-8"),
    (".json", "application/json"),
];

async fn ask(method: Method, url: &str, origin: &str) -> HttpResponse {
    let request = reqwest::Client::new().request(method, url);
    HttpResponse::of(request.header("origin", origin)).await
}

#[tokio::test]
async fn each_rendering_names_every_tool_and_is_one_of_the_same_page() {
    let (running, _) = start_tool_server().await;
    let client = Client::new(running.resource(), Revision::Stateless);
    for (end, kind) in RENDERINGS {
        let answer = client.get(&running.url(&format!("/docs{end}"))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("content-type"), Some(kind));
        for part in ["whoami", "rewrite", "desk:write", &running.resource()] {
            assert!(answer.text.contains(part), "{end}: {part}");
        }
    }
    let page = client.get(&running.url("/docs")).await.text;
    for end in [".md", ".json"] {
        let (_, link) = page.split_once("<link rel=\"alternate\"").expect("a link");
        assert!(link.contains(&format!(" href=\"/docs{end}\">")), "{end}");
    }
    let document: Value = client.get(&running.url("/docs.json")).await.json();
    assert_eq!(document["version"], 1);
    assert_eq!(document["resource"], running.resource());
    let tools = document["tools"].as_array().expect("tools");
    let tool = |name: &str| tools.iter().find(|tool| tool["name"] == name);
    let rewrite = tool("rewrite").expect("the tool");
    assert_eq!(
        rewrite["access"]["any_of"],
        json!([["desk:read", "desk:write"]])
    );
}

#[tokio::test]
async fn each_rendering_has_the_headers_and_the_methods_of_the_page() {
    let (running, _) = start_tool_server().await;
    let local = "http://localhost:5173";
    for (end, kind) in RENDERINGS {
        let url = running.url(&format!("/docs{end}"));
        let got = ask(Method::GET, &url, local).await;
        for (name, value) in [
            ("cache-control", "public, max-age=300"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("access-control-allow-origin", local),
        ] {
            assert_eq!(got.header(name), Some(value), "{url}");
        }
        let head = ask(Method::HEAD, &url, local).await;
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{url}");
        assert_eq!(head.header("content-type"), Some(kind));
        let length = got.text.len().to_string();
        assert_eq!(head.header("content-length"), Some(&*length));
        let refused = ask(Method::POST, &url, local).await;
        assert_eq!(refused.status, 405, "{url}");
        assert_eq!(refused.json()["error"], "method_not_allowed");
        let foreign = ask(Method::GET, &url, "https://evil.example").await;
        assert_eq!(foreign.header("access-control-allow-origin"), None);
    }
}

/// Reads [it](https://evil.example), `a|b` <script>alert(1)</script>.
///
/// # Heading
///
/// | a | b |
/// |---|---|
#[mcp_tool(scope = "desk:read", title = "[click](https://evil.example)")]
fn read() -> &'static str {
    "read"
}

#[tokio::test]
async fn a_description_is_text_in_each_rendering() {
    let server = Server::new("<b>desk</b>").tools(tools![read]);
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    let client = Client::new(running.resource(), Revision::Stateless);
    let markdown = client.get(&running.url("/docs.md")).await.text;
    for part in [
        "# \\<b\\>desk\\</b\\> ",
        "\\[it\\](https\\://evil\\.example), `a|b` \\<script\\>alert(1)\\</script\\>.",
        "\n\\# Heading\n",
        "\n\\| a \\| b \\|\n",
        "### `read` \\[click\\](https\\://evil\\.example)\n",
    ] {
        assert!(markdown.contains(part), "{part}: {markdown}");
    }
    let document: Value = client.get(&running.url("/docs.json")).await.json();
    assert_eq!(document["server"]["name"], "<b>desk</b>");
    let description = document["tools"][0]["description"].as_str();
    assert!(description.is_some_and(|text| text.contains("<script>alert(1)</script>")));
}

#[tokio::test]
async fn each_rendering_is_where_the_page_is() {
    let server = tool_server::server(&Runs::default());
    let running = RunningServer::start_as(server, |address| {
        let resource = format!("http://{address}/svc/mcp");
        Config::new(&resource)
            .with_bind(address)
            .with_issuer(ISSUER)
            .with_path_prefix("/svc")
            .with_docs_url(format!("{resource}/handbook"))
    })
    .await;
    let client = Client::new(running.resource(), Revision::Stateless);
    for page in ["/docs", "/svc/docs", "/svc/mcp/handbook"] {
        for (end, kind) in RENDERINGS {
            let answer = client.get(&running.url(&format!("{page}{end}"))).await;
            assert_eq!(answer.status, 200, "{page}{end}");
            assert_eq!(answer.header("content-type"), Some(kind));
        }
    }
    let page = client.get(&running.url("/svc/docs")).await.text;
    assert!(page.contains(" href=\"/svc/docs.md\">"), "{page}");
}
