//! The trace goes on to the issuer that exchanges a token.

use support::MockIssuer;
use toolgate::{
    Caller, State, ToolError,
    auth::TokenExchange,
    issuer::{ClientAuthentication, Upstream},
};

use super::*;

/// Exchanges the token of its caller.
#[mcp_tool(authenticated)]
async fn meetings(
    caller: Caller,
    State(exchange): State<TokenExchange>,
) -> Result<String, ToolError> {
    match exchange.token(&caller).await {
        Ok(_) => Ok("exchanged".to_owned()),
        Err(error) => Ok(format!("{:?}", error.kind())),
    }
}

#[tokio::test]
async fn a_token_exchange_is_a_span_of_the_item_and_carries_it() {
    let issuer = MockIssuer::start().await;
    let client = ClientAuthentication::basic("news", "s3cr3t");
    let upstream = Upstream::new(issuer.url(), client).with_resource("https://api.example");
    let exchange = TokenExchange::new(upstream).expect("good settings");
    let collector = Collector::start().await;
    let server = Server::with_state("meetings", exchange)
        .tools(tools![meetings])
        .without_banner();
    let (url, endpoint) = (issuer.url(), collector.endpoint.clone());
    let running = RunningServer::start_as(server, |address| {
        let bind = address.to_string();
        let variables = [
            ("TOOLGATE_BIND", &*bind),
            ("TOOLGATE_AUTHORIZATION_SERVERS", &*url),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ("OTEL_BSP_SCHEDULE_DELAY", "10"),
        ];
        let environment: Environment = variables.into_iter().collect();
        Config::from_environment(&environment, 9).expect("valid")
    })
    .await;
    let token = issuer.token().audience(&running.resource()).build();
    issuer.exchange(&token, MockIssuer::exchanged("of-the-api"));
    let revisions = [Revision::Stateless, Revision::Session("2025-11-25")];
    for (number, revision) in revisions.into_iter().enumerate() {
        let token = issuer.token().audience(&running.resource());
        let token = token.claim("jti", json!(number)).build();
        let is_known = number == 0;
        if is_known {
            issuer.exchange(&token, MockIssuer::exchanged("of-the-api"));
        }
        let mut client = Client::new(running.resource(), revision).with_token(&token);
        client.open().await;
        let answer = client.call("meetings", json!({})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let sent = issuer.exchanges()[number].traceparent.clone();
        let sent = sent.expect("a traceparent");
        let [_, trace, id, _] = sent.split('-').collect::<Vec<_>>()[..] else {
            panic!("{sent}");
        };
        let upstream = collector.span(id).await;
        let spans = collector.spans();
        assert_eq!((&*upstream.name, upstream.kind), ("token_exchange", 3));
        assert_eq!(upstream.get("server.address"), "127.0.0.1");
        assert_eq!(upstream.is_error, !is_known, "{upstream:?}");
        let of_item = |span: &&collector::Received| span.id == upstream.parent;
        let item = spans.iter().find(of_item).expect("its parent");
        assert_eq!((&*item.name, &*item.trace), ("item meetings", trace));
    }
    // Neither token, and not the secret of the client.
    for (_, body) in collector.requests() {
        let body = String::from_utf8_lossy(&body).into_owned();
        assert!(!body.contains("of-the-api") && !body.contains("s3cr3t"));
        assert!(!body.contains(&token[..40]));
    }
}
