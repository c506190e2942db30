//! What the unit tests of several modules share.

use crate::{
    caller::{Accepted, Caller, TokenPolicy, VerifiedToken},
    claims::Claims,
    clock::UnixTime,
    credentials::{BearerToken, Credentials, Scheme},
    scope::ScopeTable,
};

/// Returns the caller of a valid bearer token with these claims. Its audience is `a`.
pub(crate) fn caller(claims: Claims, table: &ScopeTable) -> Caller {
    let issuer = claims.issuer().to_owned();
    let token = VerifiedToken::new(claims, table);
    let accepted = TokenPolicy::new([&*issuer], ["a"]).accept(token, UnixTime::from_seconds(1));
    let Ok(Accepted::Bearer(token)) = accepted else {
        panic!("the token is not accepted");
    };
    token.sent_with(Credentials {
        scheme: Scheme::Bearer,
        token: BearerToken::new("a.test").unwrap(),
    })
}
