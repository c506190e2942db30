//! A gate in front of an rmcp server.

mod attacks;
mod conditions;
mod confirmation;
mod confirmation_errors;
mod handshake;

pub(super) use confirmation::Notes;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    rmcp_handler::RmcpHandler,
    tool_server::Runs,
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use tokio::net::TcpListener;
use toolgate::{
    Config, StartError, access,
    gate::{HandlerGate, HandlerGateBuilder, LocalSessions, Visibility},
};

const BOTH: [Revision; 2] = [Revision::Session("2025-11-25"), Revision::Stateless];

/// Declares everything in the ledger except the items that stay denied.
pub(crate) fn builder() -> HandlerGateBuilder {
    HandlerGate::builder("ledger")
        .without_banner()
        .tool("read", access!(scope = "ledger:read"))
        .tool("write", access!(scope = "ledger:write", step_up))
        .tool("ping", access!(public))
        .tool("audit", access!(refused))
        .prompt("sum", access!(scope = "ledger:read"))
        .prompt("review", access!(refused))
        .resource("ledger://closed", access!(refused))
        .resource("ledger://open", access!(authenticated))
        .resource(RmcpHandler::TEMPLATE, access!(scope = "ledger:read"))
        .with_verifier(UnsignedVerifier)
}

/// A router on a free port.
pub(crate) struct Mounted {
    pub(crate) resource: String,
    pub(crate) runs: Runs,
}

impl Mounted {
    /// Serves a router that needs to know its address before it is built.
    async fn at<F: Future<Output = axum::Router>>(
        runs: &Runs,
        router: impl FnOnce(Config) -> F,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let resource = format!("http://{address}/mcp");
        let config = Config::new(resource.clone()).with_bind(address);
        let router = router(config.with_issuer(ISSUER)).await;
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            resource,
            runs: runs.clone(),
        }
    }

    /// Serves the ledger behind the gate.
    pub(crate) async fn gated(builder: HandlerGateBuilder) -> Self {
        let ledger = RmcpHandler::default();
        let runs = ledger.runs.clone();
        Self::at(&runs, |config| async {
            let gate = builder.build(config, ledger.clone()).await;
            let gate = gate.expect("what is declared of the ledger is right");
            gate.router(service(&gate, ledger))
        })
        .await
    }

    pub(crate) async fn client(&self, revision: Revision, scopes: &str) -> Client {
        let token = unsigned_tokens::token(&unsigned_tokens::claims(&self.resource, scopes));
        let mut client = Client::new(&self.resource, revision).with_token(token);
        client.open().await;
        client
    }
}

type Service = StreamableHttpService<toolgate::gate::GuardedHandler<RmcpHandler>, LocalSessions>;

fn service(gate: &HandlerGate, ledger: RmcpHandler) -> Service {
    let guarded = gate.clone();
    StreamableHttpService::new(
        move || Ok(guarded.guard(ledger.clone())),
        gate.sessions(),
        gate.transport(),
    )
}

/// Returns the names of a list, which is not denied.
pub(crate) async fn names(client: &Client, method: &str, list: &str, name: &str) -> Vec<String> {
    let answer = client.request(method, json!({})).await;
    assert_eq!(answer.status, 200, "{method}: {answer:?}");
    let result = &answer.json()["result"];
    let listed = result[list].as_array().expect("a list").iter();
    listed
        .map(|one| one[name].as_str().expect("a name").to_owned())
        .collect()
}

fn is_error(answer: &HttpResponse) -> bool {
    answer.status >= 400 || answer.json().get("error").is_some()
}

#[tokio::test]
async fn a_handler_of_rmcps_own_answers_like_a_server() {
    let mounted = Mounted::gated(builder().with_open_handshake()).await;
    for revision in BOTH {
        mounted.runs.forget();
        let mut anonymous = Client::new(&mounted.resource, revision);
        anonymous.open().await;
        assert_eq!(
            names(&anonymous, "tools/list", "tools", "name").await,
            ["read", "write", "ping"]
        );
        let answer = anonymous.call("ping", json!({})).await;
        assert_eq!(answer.tool_text(), "ping ran for anybody");
        let answer = anonymous.call("write", json!({})).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        let challenge = answer.challenge().expect("a challenge");
        assert_eq!(challenge.get("scope"), Some("ledger:write"));

        let alice = mounted.client(revision, "ledger:read").await;
        let listed = names(&alice, "tools/list", "tools", "name").await;
        assert_eq!(listed, ["read", "write", "ping"]);
        let answer = alice.call("read", json!({})).await;
        assert_eq!(answer.tool_text(), "read ran for alice");
        let answer = alice.call("write", json!({})).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        let challenge = answer.challenge().expect("a challenge");
        assert_eq!(challenge.get("scope"), Some("ledger:read ledger:write"));
        assert_eq!(mounted.runs.all(), ["ping", "read"]);
    }
}

#[tokio::test]
async fn prompts_and_resources_have_the_same_gate() {
    let mounted = Mounted::gated(builder()).await;
    for revision in BOTH {
        mounted.runs.forget();
        let alice = mounted.client(revision, "").await;
        assert_eq!(
            names(&alice, "prompts/list", "prompts", "name").await,
            ["sum"]
        );
        assert_eq!(
            names(&alice, "resources/list", "resources", "uri").await,
            ["ledger://open"]
        );
        let templates = ("resources/templates/list", "resourceTemplates");
        assert_eq!(
            names(&alice, templates.0, templates.1, "uriTemplate").await,
            [RmcpHandler::TEMPLATE]
        );
        let reference = json!({"type": "ref/resource", "uri": RmcpHandler::TEMPLATE});
        let completion = json!({"ref": reference, "argument": {"name": "number", "value": "1"}});
        let needing = [
            ("prompts/get", json!({"name": "sum"})),
            ("resources/read", json!({"uri": "ledger://page/1"})),
            ("completion/complete", completion),
        ];
        for (method, params) in &needing {
            let answer = alice.request(method, params.clone()).await;
            assert_eq!(answer.status, 403, "{method}: {answer:?}");
        }
        let open = json!({"uri": "ledger://open"});
        let answer = alice.request("resources/read", open).await;
        assert!(!is_error(&answer), "{answer:?}");
        let reader = mounted.client(revision, "ledger:read").await;
        for (method, params) in needing {
            let answer = reader.request(method, params).await;
            assert!(!is_error(&answer), "{method}: {answer:?}");
        }
        let ran = ["resource", "sum", "resource", "complete"];
        assert_eq!(mounted.runs.all(), ran);
    }
}

#[tokio::test]
async fn lists_are_private_and_can_be_filtered_by_what_is_granted() {
    let mounted = Mounted::gated(builder().with_visibility(Visibility::Granted)).await;
    for revision in BOTH {
        let alice = mounted.client(revision, "ledger:read").await;
        let answer = alice.request("tools/list", json!({})).await.json();
        let listed = answer["result"]["tools"].as_array().expect("tools").iter();
        let listed: Vec<_> = listed.map(|tool| tool["name"].clone()).collect();
        assert_eq!(listed, ["read", "ping"]);
        if revision == Revision::Stateless {
            assert_eq!(answer["result"]["cacheScope"], "private");
        }
        // Hidden, but a call still gets a challenge.
        assert_eq!(alice.call("write", json!({})).await.status, 403);
    }
}

async fn failures(builder: HandlerGateBuilder) -> String {
    let config = Config::new("http://127.0.0.1:9/mcp").with_issuer(ISSUER);
    let gate: Result<HandlerGate, StartError> = builder.build(config, RmcpHandler::default()).await;
    gate.err().expect("it must not start").to_string()
}

#[tokio::test]
async fn declared_and_existing_items_must_match() {
    let output = failures(
        builder()
            .tool("raed", access!(public))
            .tool("read", access!(public))
            .resource("ledger", access!(public))
            .tools_by(|_| access!(public))
            .tools_by(|_| access!(refused)),
    )
    .await;
    for part in [
        "has no tool `raed`",
        "`read`, `write`, `ping`, `audit`",
        "the tool `read` needs is declared twice",
        "`ledger` is not a valid resource URI or template",
        "`tools_by` is called twice",
    ] {
        assert!(output.contains(part), "{part}: {output}");
    }
    let bare = HandlerGate::builder("ledger").with_verifier(UnsignedVerifier);
    let output = failures(bare.tool("read", access!(public))).await;
    for name in RmcpHandler::TOOLS
        .iter()
        .skip(1)
        .chain(&RmcpHandler::PROMPTS)
    {
        let failure = format!("`{name}`, and what it needs is not declared");
        assert!(output.contains(&failure), "{name}: {output}");
    }
    for uri in RmcpHandler::RESOURCES
        .iter()
        .chain(&[RmcpHandler::TEMPLATE])
    {
        assert!(output.contains(uri), "{uri}: {output}");
    }
}

#[tokio::test]
async fn a_tool_rule_covers_undeclared_tools() {
    let ledger = RmcpHandler::default();
    let by_rule = HandlerGate::builder("ledger")
        .tool("write", access!(refused))
        .tools_by(|tool| match &*tool.name {
            "ping" => access!(public),
            _ => access!(scope = "ledger:all"),
        })
        .prompt("sum", access!(public))
        .prompt("review", access!(public))
        .resource("ledger://open", access!(public))
        .resource("ledger://closed", access!(public))
        .resource(RmcpHandler::TEMPLATE, access!(public))
        .with_verifier(UnsignedVerifier);
    let mounted = Mounted::at(&ledger.runs.clone(), |config| async {
        let gate = by_rule.build(config, ledger.clone()).await.expect("a gate");
        gate.router(service(&gate, ledger))
    })
    .await;
    let alice = mounted.client(Revision::Stateless, "ledger:all").await;
    for (tool, runs) in [("ping", true), ("audit", true), ("write", false)] {
        let answer = alice.call(tool, json!({})).await;
        assert_eq!(!is_error(&answer), runs, "{tool}: {answer:?}");
    }
    assert_eq!(mounted.runs.all(), ["ping", "audit"]);
}

#[tokio::test]
async fn a_gate_that_is_stopped_ends_its_streams() {
    let ledger = RmcpHandler::default();
    let (give, take) = tokio::sync::oneshot::channel();
    let mounted = Mounted::at(&ledger.runs.clone(), |config| async {
        let gate = builder().build(config.with_health_paths(), ledger.clone());
        let gate = gate.await.expect("a gate");
        let router = gate.router(service(&gate, ledger));
        assert!(give.send(gate).is_ok());
        router
    })
    .await;
    let gate: HandlerGate = take.await.expect("a gate");
    let alice = mounted.client(BOTH[0], "").await;
    let readiness = mounted.resource.replace("/mcp", "/readyz");
    assert_eq!(alice.get(&readiness).await.status, 200);
    let stream = alice.plain(reqwest::Method::GET);
    let stream = stream.header("accept", "text/event-stream").send().await;
    let mut stream = stream.expect("an answer");
    assert_eq!(stream.status(), 200);
    gate.stop();
    let end = async { while let Ok(Some(_)) = stream.chunk().await {} };
    let ended = tokio::time::timeout(std::time::Duration::from_secs(10), end).await;
    assert!(ended.is_ok(), "the stream goes on");
    assert_eq!(alice.get(&readiness).await.status, 503);
}

#[tokio::test]
async fn the_applications_check_decides_on_readiness_of_a_gate() {
    let ledger = RmcpHandler::default();
    let mounted = Mounted::at(&ledger.runs.clone(), |config| async {
        let builder = builder().with_readiness(async || Err("db.internal is down"));
        let gate = builder.build_unseen(config.with_health_paths());
        let gate = gate.expect("a gate");
        gate.router(service(&gate, ledger))
    })
    .await;
    let client = Client::new(&mounted.resource, Revision::Stateless);
    let answer = client
        .get(&mounted.resource.replace("/mcp", "/readyz"))
        .await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(!answer.text.contains("db.internal"), "{answer:?}");
}
