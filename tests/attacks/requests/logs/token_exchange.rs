//! Log lines of a token exchange.

use toolgate::{
    Caller, State,
    auth::TokenExchange,
    issuer::{ExchangeError, Upstream},
    mcp_tool, tools,
};

use super::*;

/// Calls an API behind, or would.
#[mcp_tool(authenticated)]
async fn behind(
    caller: Caller,
    State(exchange): State<TokenExchange>,
) -> Result<String, ExchangeError> {
    exchange.token(&caller).await?;
    Ok("it would".to_owned())
}

#[tokio::test]
async fn no_exchange_leaves_a_token_in_a_line() {
    let issuer = MockIssuer::start().await;
    for (number, client) in [
        ClientAuthentication::basic("desk", SECRET),
        ClientAuthentication::post("desk", SECRET),
    ]
    .into_iter()
    .enumerate()
    {
        let upstream = Upstream::new(issuer.url(), client).with_audience("behind");
        let exchange = TokenExchange::new(upstream).expect("good settings");
        let server = Server::with_state("front", exchange).tools(tools![behind]);
        let trusted = Issuer::new(issuer.url());
        let logged = Logged::start_server(server.without_banner(), trusted, "trace").await;
        let token = issuer.token().audience(&logged.resource);
        let token = token.claim("jti", json!(number)).build();
        let client = Client::new(&*logged.resource, Revision::Stateless).with_token(&*token);
        let call = async || client.call("behind", json!({})).await.tool_text();
        let refusal = json!({"error": "invalid_grant", "error_description": token});
        issuer.answer_exchanges(support::IssuerResponse::Refusal(400, refusal.to_string()));
        assert!(call().await.contains("does not accept"));
        issuer.answer_exchanges(support::IssuerResponse::Good);
        issuer.exchange(&token, json!({"access_token": token}));
        assert!(call().await.contains("cannot be used"));
        issuer.exchange(&token, MockIssuer::exchanged("of-the-api-behind"));
        assert_eq!(call().await, "it would");
        let (mut lines, records) = logged.end();
        lines.extend(records);
        assert!(lines.iter().any(|line| line.contains("invalid_grant")));
        let basic = "ZGVzazp0aGUtc2VjcmV0LW9mLXRoZS1jbGllbnQ";
        for secret in token.split('.').chain([SECRET, basic, "of-the-api-behind"]) {
            let output = lines.iter().find(|line| line.contains(secret));
            assert_eq!(output, None, "{secret}");
        }
    }
}
