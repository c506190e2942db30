//! A tool that asks its client first, and then exchanges the token.

use schemars::JsonSchema;
use serde::Deserialize;
use support::client::{self, question};
use toolgate::{Reply, Round, interaction::Elicited};

use super::*;

/// What a person is asked.
#[derive(Deserialize, JsonSchema)]
struct Consent {
    /// Whether to look.
    sure: bool,
}

/// Looks into the calendar if its person wants that.
#[mcp_tool(authenticated)]
pub(super) async fn look(
    caller: Caller,
    #[extract] round: Round<()>,
    State(exchange): State<TokenExchange>,
) -> Result<Reply<String>, ToolError> {
    Ok(match round.elicited::<Consent>("consent")? {
        None => {
            let asked = round.ask(&());
            asked.form::<Consent>("consent", "May I look?").into()
        }
        Some(Elicited::Accepted(Consent { sure: true })) => {
            Reply::Done(exchange.token(&caller).await?.as_str().to_owned())
        }
        Some(_) => Reply::Done("nobody looked".to_owned()),
    })
}

#[tokio::test]
async fn a_tool_that_asked_in_a_session_exchanges_the_answers_token() {
    let fixture = Fixture::new().await;
    let (first, second) = (fixture.token(1, 600), fixture.token(2, 600));
    for (token, exchanged) in [(&first, "of-the-call"), (&second, "of-the-answer")] {
        let exchanged = MockIssuer::exchanged(exchanged);
        fixture.issuer.exchange(token, exchanged);
    }
    let client = Client::new(fixture.running.resource(), Revision::Session("2025-11-25"));
    let mut client = client.with_token(first);
    client.open_to_be_asked().await;
    let call = client.message("tools/call", json!({"name": "look", "arguments": {}}));
    let response = client.post(&call).body(call.to_string()).send().await;
    let mut response = response.expect("an answer");
    let asked = question(&mut response).await;
    // The client refreshed its token while the user was answering.
    let client = client.with_token(second);
    let result = json!({"action": "accept", "content": {"sure": true}});
    let reply = json!({"jsonrpc": "2.0", "id": asked["id"], "result": result});
    assert_eq!(client.send(&reply).await.status, 202);
    let answer = client::HttpResponse::of_response(response).await;
    assert_eq!(answer.tool_text(), "of-the-answer", "{answer:?}");
}
