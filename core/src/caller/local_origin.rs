//! [`LocalOrigin`]: the second origin of a caller, in addition to an accepted token.
//!
//! A host that starts a program and writes to its standard input sends no token. Who calls is
//! then what the author of the program states in its code.

use super::{Caller, VerifiedToken};
use crate::{claims::Claims, clock::UnixTime, scope::ScopeTable};

/// The issuer of local callers. It is no URL, and no token that names it is accepted
/// ([`TokenPolicy`](super::TokenPolicy)), so that their identities differ from those of all tokens.
pub const LOCAL_ISSUER: &str = "local";

/// The statement that the program itself names its caller.
pub struct LocalOrigin(());

impl LocalOrigin {
    /// Only the module that serves standard input may call this: `tests/architecture.rs` enforces
    /// it. No HTTP request is answered there.
    pub const fn stated_by_program() -> Self {
        Self(())
    }

    /// Begins the claims of a caller who is valid until this time.
    pub fn claims(&self, name: &str, expires_at: UnixTime) -> Claims {
        Claims::new(LOCAL_ISSUER, expires_at).with_subject(name)
    }

    /// Builds the caller, who has no token. Returns `None` for claims of another issuer.
    pub fn caller(self, claims: Claims, table: &ScopeTable) -> Option<Caller> {
        let is_local = claims.issuer() == LOCAL_ISSUER;
        is_local.then(|| Caller(VerifiedToken::new(claims, table), None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        caller::{TokenHolder, TokenPolicy, TokenRejection},
        scope::Scope,
    };

    #[test]
    fn a_local_caller_has_what_was_stated_and_no_token() {
        let table = ScopeTable::with_hierarchy([Scope::new("a"), Scope::new("b")], &[]).unwrap();
        let origin = LocalOrigin::stated_by_program();
        let claims = origin.claims("host", UnixTime::from_seconds(9));
        let claims = claims.with_scopes("a").with_role("editor").with_acr("mfa");
        let caller = origin.caller(claims, &table).unwrap();
        assert!(caller.has("a") && !caller.has("b"));
        assert!(caller.has_role("editor") && !caller.has_role("admin"));
        assert_eq!(caller.acr(), Some("mfa"));
        assert_eq!(caller.subject(), Some("host"));
        assert_eq!(caller.claims().issuer(), LOCAL_ISSUER);
        assert!(caller.bearer().is_none() && caller.detached().bearer().is_none());
        assert!(caller.detached().has_token_of(&caller));
    }

    #[test]
    fn claims_of_an_issuer_make_no_local_caller() {
        let claims = Claims::new("https://issuer.test", UnixTime::from_seconds(9));
        let origin = LocalOrigin::stated_by_program();
        assert!(origin.caller(claims, &ScopeTable::default()).is_none());
    }

    #[test]
    fn no_token_is_accepted_that_names_the_issuer_of_local_callers() {
        let now = UnixTime::from_seconds(1);
        let claims = Claims::new(LOCAL_ISSUER, now.plus(60));
        let claims = claims.with_subject("host").with_audience("r");
        let token = VerifiedToken::new(claims, &ScopeTable::default());
        // Even if a server is configured to trust it.
        let accepted = TokenPolicy::new([LOCAL_ISSUER], ["r"]).accept(token, now);
        assert_eq!(accepted.unwrap_err().0, TokenRejection::Issuer);
    }
}
