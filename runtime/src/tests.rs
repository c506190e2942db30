//! What the unit tests of several modules share.

use crate::{
    bearer::{BearerToken, Credentials, Scheme},
    caller::{Acceptance, Accepted, Caller, VerifiedToken},
    claims::Claims,
    clock::UnixTime,
    scope::ScopeTable,
};

/// Returns the caller of a valid bearer token with these claims. Its audience is `a`.
pub(crate) fn caller(claims: Claims, table: &ScopeTable) -> Caller {
    let issuer = claims.issuer().to_owned();
    let token = VerifiedToken::new(claims, table);
    let accepted = Acceptance::new([&*issuer], ["a"]).accept(token, UnixTime::from_seconds(1));
    let Ok(Accepted::Bearer(token)) = accepted else {
        panic!("the token is not accepted");
    };
    token.sent_with(Credentials {
        scheme: Scheme::Bearer,
        token: BearerToken::new("a.test").unwrap(),
    })
}
