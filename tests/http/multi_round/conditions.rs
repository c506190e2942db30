//! Each round needs the role and the login again, not only the first.

use toolgate::auth::Clock;

use super::*;

const MFA: &str = "urn:example:mfa";

/// Wipes a list.
#[mcp_tool(
    scope = "list:write",
    role = "owner",
    acr = "urn:example:mfa",
    max_age = 300
)]
pub(super) fn wipe(
    /// Its name.
    list: String,
    #[extract] round: Round<Counted>,
    State(runs): State<Runs>,
) -> Answered {
    go_on("wipe", &list, &round, &runs)
}

impl Fixture {
    /// Returns a token of a login now.
    fn token(&self, roles: &[&str], acr: &str) -> String {
        let mut claims = unsigned_tokens::claims(&self.running.resource(), "list:write");
        claims["roles"] = roles.into();
        claims["acr"] = acr.into();
        claims["auth_time"] = self.clock.now().seconds().into();
        unsigned_tokens::token(&claims)
    }
}

#[tokio::test]
async fn the_next_round_needs_the_role_and_the_login_again() {
    let fixture = Fixture::start().await;
    let good = fixture.token(&["owner"], MFA);
    let alice = fixture.alice().with_token(&good);
    let params = first("wipe", "old");
    let state = asked(&alice, &params).await;
    let next = yes(params, &state);
    for (roles, acr, status) in [(&[][..], MFA, 403), (&["owner"], "urn:example:pwd", 401)] {
        let less = alice.clone().with_token(fixture.token(roles, acr));
        let answer = call(&less, next.clone()).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    // The person has taken longer to answer than a login may be old.
    fixture.clock.advance(Duration::from_secs(310));
    let answer = call(&alice, next.clone()).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(fixture.runs.all(), [""; 0]);
    let alice = alice.with_token(fixture.token(&["owner"], MFA));
    assert_eq!(call(&alice, next).await.tool_text(), "deleted 3 of old");
}

#[tokio::test]
async fn an_answer_in_a_session_after_losing_the_role_runs_nothing() {
    let fixture = Fixture::start().await;
    for (roles, acr) in [(&[][..], MFA), (&["owner"], "urn:example:pwd")] {
        let good = fixture.token(&["owner"], MFA);
        let resource = fixture.running.resource();
        let revision = Revision::Session("2025-11-25");
        let mut alice = Client::new(resource, revision).with_token(good);
        alice.open_to_be_asked().await;
        let (id, stream) = sessions::begin(&alice, "wipe", "old").await;
        let less = alice.clone().with_token(fixture.token(roles, acr));
        sessions::reply(&less, id, sessions::yes()).await;
        let answer = HttpResponse::of_response(stream).await;
        assert_eq!(answer.json()["error"]["code"], -32600, "{answer:?}");
        assert_eq!(fixture.runs.all(), [""; 0]);
    }
}
