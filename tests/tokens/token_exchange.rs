//! A tool that calls a downstream API with its own exchanged token (RFC 8693), over real HTTP.

use std::time::Duration;

use serde_json::{Value, json};
use support::{
    IssuerResponse, MockIssuer,
    client::{Client, Revision},
    running_server::RunningServer,
};
use toolgate::{
    Caller, Context, Server, State, ToolError,
    auth::TokenExchange,
    issuer::{ClientAuthentication, ExchangeError, Upstream},
    mcp_tool, tools,
};

mod may_act;
mod multi_round;

const UPSTREAM: &str = "https://calendar.example/api";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Says what it would send to the API, or why it cannot.
#[mcp_tool(authenticated)]
async fn meetings(
    caller: Caller,
    State(exchange): State<TokenExchange>,
) -> Result<String, ToolError> {
    Ok(match exchange.token(&caller).await {
        Ok(token) => {
            let scopes: Vec<_> = token.scopes().collect();
            format!("{} [{}]", token.as_str(), scopes.join(" "))
        }
        Err(error) => format!("{:?}: {}", error.kind(), error.reason()),
    })
}

/// Forgets the caller's token.
#[mcp_tool(authenticated)]
async fn forget(caller: Caller, State(exchange): State<TokenExchange>) {
    exchange.forget(&caller);
}

/// Fails as the exchange does.
#[mcp_tool(authenticated)]
async fn fail(
    caller: Caller,
    State(exchange): State<TokenExchange>,
) -> Result<String, ExchangeError> {
    let token = exchange.token(&caller).await?;
    Ok(token.as_str().to_owned())
}

/// Prints all that it has.
#[mcp_tool(authenticated)]
async fn print(
    caller: Caller,
    context: Context,
    State(exchange): State<TokenExchange>,
) -> Result<String, ExchangeError> {
    let token = exchange.token(&caller).await?;
    let error = exchange.token(&caller).await;
    Ok(format!(
        "{caller:?} {:?} {context:?} {exchange:?} {token:?} {error:?}",
        caller
    ))
}

/// A server, its trusted issuer, and its token exchange.
pub(crate) struct Fixture {
    pub(crate) issuer: MockIssuer,
    pub(crate) running: RunningServer,
}

pub(crate) fn upstream(issuer: &MockIssuer) -> Upstream {
    let client = ClientAuthentication::basic("news", "s3cr3t");
    Upstream::new(issuer.url(), client).with_resource(UPSTREAM)
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::with(|upstream| upstream).await
    }

    pub(crate) async fn with(change: impl FnOnce(Upstream) -> Upstream) -> Self {
        let issuer = MockIssuer::start().await;
        let upstream = change(upstream(&issuer));
        let exchange = TokenExchange::new(upstream).expect("good settings");
        Self::of(issuer, exchange).await
    }

    async fn of(issuer: MockIssuer, exchange: TokenExchange) -> Self {
        let server = Server::with_state("meetings", exchange)
            .tools(tools![meetings, forget, fail, print, multi_round::look])
            .without_banner();
        let running = RunningServer::start(server, |config| config.with_issuer(issuer.url())).await;
        Self { issuer, running }
    }

    /// Builds a token of alice, distinct for each number.
    pub(crate) fn token(&self, number: usize, lasts: i64) -> String {
        let token = self.issuer.token().audience(&self.running.resource());
        token.claim("jti", json!(number)).expires_in(lasts).build()
    }

    /// Returns the tool's result for a caller with this token.
    pub(crate) async fn says(&self, token: &str) -> String {
        self.call("meetings", token).await
    }

    async fn call(&self, tool: &str, token: &str) -> String {
        let client = Client::new(self.running.resource(), Revision::Stateless);
        let answer = client.with_token(token).call(tool, json!({})).await;
        let answer = answer.json();
        let text = answer["result"]["content"][0]["text"].as_str();
        text.unwrap_or_default().to_owned()
    }
}

#[tokio::test]
async fn a_tool_gets_an_exchanged_token_and_never_the_callers() {
    let fixture = Fixture::with(|upstream| {
        upstream
            .with_audience("calendar")
            .with_scopes("calendar:read  calendar:list")
    })
    .await;
    let token = fixture.token(1, 600);
    fixture
        .issuer
        .exchange(&token, MockIssuer::exchanged("of-the-api"));
    let expected = "of-the-api [calendar:read calendar:list]";
    assert_eq!(fixture.says(&token).await, expected);
    let question = &fixture.issuer.exchanges()[0];
    assert_eq!(
        question.authorization.as_deref(),
        Some("Basic bmV3czpzM2NyM3Q=")
    );
    let form: Vec<_> = question
        .form
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    let expected = [
        ("audience", "calendar"),
        (
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        ("requested_token_type", ACCESS_TOKEN),
        ("resource", UPSTREAM),
        ("scope", "calendar:read calendar:list"),
        ("subject_token", &token),
        ("subject_token_type", ACCESS_TOKEN),
    ];
    assert_eq!(form, expected);
}

#[tokio::test]
async fn no_debug_output_of_a_tool_contains_a_token() {
    let fixture = Fixture::new().await;
    let token = fixture.token(1, 600);
    let signature = token.rsplit('.').next().expect("a signature");
    let answer = MockIssuer::exchanged("of-the-api");
    fixture.issuer.exchange(&token, answer);
    let printed = fixture.call("print", &token).await;
    assert!(printed.contains("alice"), "{printed}");
    for secret in [signature, "of-the-api", "s3cr3t"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[tokio::test]
async fn client_authentication_follows_the_issuers_metadata() {
    for (client, members) in [
        (
            ClientAuthentication::post("news", "s3cr3t"),
            &["client_id", "client_secret"][..],
        ),
        (
            ClientAuthentication::private_key_jwt("news", support::SigningKey::p256_pem()),
            &["client_assertion", "client_assertion_type", "client_id"],
        ),
    ] {
        let issuer = MockIssuer::start().await;
        let upstream = Upstream::new(issuer.url(), client).with_audience("calendar");
        let exchange = TokenExchange::new(upstream).expect("good settings");
        let fixture = Fixture::of(issuer, exchange).await;
        let token = fixture.token(1, 600);
        fixture.issuer.exchange(&token, MockIssuer::exchanged("t"));
        assert_eq!(fixture.says(&token).await, "t []");
        let question = &fixture.issuer.exchanges()[0];
        assert_eq!(question.authorization, None);
        let sent = question
            .form
            .keys()
            .filter(|name| name.starts_with("client"));
        assert_eq!(sent.collect::<Vec<_>>(), members);
    }
}

#[tokio::test]
async fn an_exchanged_token_is_cached_until_it_or_the_callers_expires() {
    let lasting = |seconds: Value| {
        let mut answer = MockIssuer::exchanged("t");
        answer["expires_in"] = seconds;
        let members = answer.as_object_mut().expect("an object");
        members.retain(|_, value| !value.is_null());
        answer
    };
    let fixture = Fixture::new().await;
    for (number, (seconds, callers, exchanges)) in [
        (json!(300), 600, 1),
        (json!(u64::MAX), 600, 1),
        (json!(0), 600, 2),
        (json!(null), 600, 2),
        // Within the server's leeway, but the token itself has expired.
        (json!(300), -5, 2),
    ]
    .into_iter()
    .enumerate()
    {
        let token = fixture.token(number, callers);
        fixture.issuer.exchange(&token, lasting(seconds.clone()));
        let before = fixture.issuer.exchanges().len();
        for _ in 0..2 {
            assert_eq!(fixture.says(&token).await, "t []");
        }
        let asked = fixture.issuer.exchanges().len() - before;
        assert_eq!(asked, exchanges, "{seconds} {callers}");
    }
    let token = fixture.token(99, 600);
    fixture.issuer.exchange(&token, lasting(json!(1)));
    for _ in 0..2 {
        let before = fixture.issuer.exchanges().len();
        fixture.says(&token).await;
        assert_eq!(fixture.issuer.exchanges().len(), before + 1);
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
}

#[tokio::test]
async fn an_exchange_can_skip_or_clear_the_cache() {
    let fixture = Fixture::with(|upstream| upstream.with_cache(Duration::ZERO)).await;
    let token = fixture.token(1, 600);
    fixture.issuer.exchange(&token, MockIssuer::exchanged("t"));
    fixture.says(&token).await;
    fixture.says(&token).await;
    assert_eq!(fixture.issuer.exchanges().len(), 2);
    let fixture = Fixture::new().await;
    let token = fixture.token(1, 600);
    fixture
        .issuer
        .exchange(&token, MockIssuer::exchanged("one"));
    assert_eq!(fixture.says(&token).await, "one []");
    fixture
        .issuer
        .exchange(&token, MockIssuer::exchanged("two"));
    assert_eq!(fixture.says(&token).await, "one []");
    fixture.call("forget", &token).await;
    assert_eq!(fixture.says(&token).await, "two []");
}

#[tokio::test]
async fn concurrent_calls_share_one_exchange_per_caller() {
    let fixture = Fixture::new().await;
    fixture
        .issuer
        .answer_exchanges(IssuerResponse::Slow(Duration::from_millis(400)));
    let tokens = [fixture.token(1, 600), fixture.token(2, 600)];
    for (token, own) in tokens.iter().zip(["of-one", "of-two"]) {
        fixture.issuer.exchange(token, MockIssuer::exchanged(own));
    }
    // Verified first, so that all of them reach the exchange at the same time.
    for token in &tokens {
        fixture.call("forget", token).await;
    }
    let calls = (0..24).map(|number| fixture.says(&tokens[number % 2]));
    let said = futures_util::future::join_all(calls).await;
    for (number, said) in said.iter().enumerate() {
        assert_eq!(said, ["of-one []", "of-two []"][number % 2]);
    }
    assert_eq!(fixture.issuer.exchanges().len(), 2);
}

#[tokio::test]
async fn a_token_is_sent_only_to_its_issuer_and_configured_ones() {
    let other = MockIssuer::start().await;
    let exchange = TokenExchange::new(upstream(&other)).expect("good settings");
    let fixture = Fixture::of(MockIssuer::start().await, exchange).await;
    let token = fixture.token(1, 600);
    other.exchange(&token, MockIssuer::exchanged("t"));
    let said = fixture.says(&token).await;
    assert!(
        said.starts_with("Misconfigured") && said.contains("another issuer"),
        "{said}"
    );
    assert_eq!(other.exchanges().len() + other.metadata_requests(), 0);

    let issuer = MockIssuer::start().await;
    let both = upstream(&other).with_callers_of(issuer.url());
    let exchange = TokenExchange::new(both).expect("good settings");
    let fixture = Fixture::of(issuer, exchange).await;
    let token = fixture.token(1, 600);
    other.exchange(&token, MockIssuer::exchanged("t"));
    assert_eq!(fixture.says(&token).await, "t []");
}

#[tokio::test]
async fn exchange_errors_tell_callers_what_to_do_without_details() {
    let fixture = Fixture::new().await;
    let token = fixture.token(1, 600);
    for (answer, output) in [
        (
            IssuerResponse::Refusal(
                400,
                json!({"error": "consent_required", "error_description": "SECRET"}).to_string(),
            ),
            "needs a consent",
        ),
        (IssuerResponse::Status(503), "try again later"),
        (
            IssuerResponse::Refusal(401, json!({"error": "invalid_client"}).to_string()),
            "error of the server",
        ),
    ] {
        fixture.issuer.answer_exchanges(answer);
        let said = fixture.call("fail", &token).await;
        assert!(said.contains(output), "{said}");
        for detail in ["SECRET", "503", "invalid_client", fixture.issuer.url()] {
            assert!(!said.contains(detail), "{said}");
        }
    }
}

#[test]
fn all_setting_errors_are_reported_together_without_secrets() {
    let client = ClientAuthentication::basic("news", "");
    let upstream = Upstream::new("http://as.example", client.clone())
        .with_resource("calendar")
        .with_resource("https://a.example/#x")
        .with_audience("")
        .with_scopes("a b\"");
    let output = TokenExchange::new(upstream)
        .expect_err("faults")
        .to_string();
    for part in [
        "\"calendar\"",
        "#x",
        "audience is empty",
        "is not a valid scope",
        "http://as.example",
    ] {
        assert!(output.contains(part), "{part}: {output}");
    }
    for (upstream, part) in [
        (
            Upstream::new("https://as.example", client.clone()).with_audience("a"),
            "secret is empty",
        ),
        (
            Upstream::new(
                "https://as.example",
                ClientAuthentication::post("a", "s3cr3t"),
            ),
            "the API for which",
        ),
        (
            Upstream::new(
                "https://as.example",
                ClientAuthentication::post("a", "s3cr3t"),
            )
            .with_audience("a")
            .with_endpoint("http://as.example/token?s3cr3t"),
            "with_endpoint",
        ),
    ] {
        let printed = format!("{upstream:?}");
        let output = TokenExchange::new(upstream)
            .expect_err("faults")
            .to_string();
        assert!(output.contains(part), "{part}: {output}");
        assert!(
            !output.contains("s3cr3t") && !printed.contains("s3cr3t"),
            "{output} {printed}"
        );
    }
}
