//! Callers for unit tests of tools, behind the feature `testing`.
//!
//! Such a caller has no token, so no gate accepts it: it can only be passed to a function.

use std::error::Error;

use serde_json::{Map, Value, json};

use super::{Caller, VerifiedToken};
use crate::{
    claims::{ClaimMapping, Claims},
    clock::UnixTime,
    credentials::{BearerToken, Credentials, Scheme},
    json,
    scope::{Scope, ScopeTable},
};

/// The claim that shows a person in the token of a test caller.
const PERSON: &str = "https://issuer.test/person";

impl Caller {
    /// Creates a caller with this subject, for a unit test that calls a tool's function.
    ///
    /// Its issuer is `https://issuer.test`, its client `test-client`, and it never expires. It
    /// has no token that a server would accept. Requires the feature `testing`.
    ///
    /// ```
    /// # use toolgate::{Caller, mcp_tool};
    /// /// Greets the caller.
    /// #[mcp_tool(scope = "hello:say")]
    /// fn hello(caller: Caller) -> String {
    ///     format!("Hello, {}!", caller.subject().unwrap_or("you"))
    /// }
    ///
    /// let alice = Caller::test("alice").with_scopes(["hello:say"]);
    /// assert_eq!(hello(alice), "Hello, alice!");
    /// ```
    ///
    /// # Panics
    ///
    /// Never for a text: every text is a subject.
    #[must_use]
    pub fn test(subject: impl Into<String>) -> Self {
        Self::of_claims(json!({
            "iss": "https://issuer.test", "sub": subject.into(), "client_id": "test-client",
            "aud": "https://server.test/mcp", "exp": 253_402_300_799_u64,
        }))
    }

    /// Returns the test caller with these scopes instead of its own. Requires the feature
    /// `testing`.
    ///
    /// # Panics
    ///
    /// If a scope is not one by RFC 6749 §3.3, or if there are more than 128.
    #[must_use]
    pub fn with_scopes<T: AsRef<str>>(self, scopes: impl IntoIterator<Item = T>) -> Self {
        let names: Vec<_> = scopes
            .into_iter()
            .map(|one| one.as_ref().to_owned())
            .collect();
        self.with_claim("scope", names.join(" "))
    }

    /// Returns the test caller with these roles instead of its own. Requires the feature
    /// `testing`.
    ///
    /// # Panics
    ///
    /// Never: every text is a role, except for the empty one, which is none.
    #[must_use]
    pub fn with_roles<T: AsRef<str>>(self, roles: impl IntoIterator<Item = T>) -> Self {
        let roles = roles.into_iter().map(|one| json!(one.as_ref()));
        self.with_claim("roles", Value::Array(roles.collect()))
    }

    /// Lets the token of the test caller show a person. Requires the feature `testing`.
    ///
    /// # Panics
    ///
    /// Never.
    #[must_use]
    pub fn with_person(self) -> Self {
        self.with_claim(PERSON, true)
    }

    /// Adds an actor to the token of the test caller (`act`, RFC 8693 §4.1). It becomes the current
    /// actor, before the earlier ones. Requires the feature `testing`.
    ///
    /// # Panics
    ///
    /// If the caller has eight actors, or if the text is empty.
    #[must_use]
    pub fn with_actor(self, subject: &str) -> Self {
        let act = match self.claim("act") {
            None => json!({"sub": subject}),
            Some(earlier) => json!({"sub": subject, "act": earlier}),
        };
        self.with_claim("act", act)
    }

    /// Returns the test caller as one who has logged in like this (`acr`), at this time
    /// (`auth_time`). Requires the feature `testing`.
    ///
    /// # Panics
    ///
    /// Never: every text is an `acr`.
    #[must_use]
    pub fn with_login(self, acr: &str, auth_time: UnixTime) -> Self {
        self.with_claim("acr", acr)
            .with_claim("auth_time", auth_time.seconds())
    }

    /// Returns the test caller with another value of a claim; `null` removes it. Requires the
    /// feature `testing`.
    ///
    /// # Panics
    ///
    /// If the claim has a type that no token may have, such as a number for `sub`.
    #[must_use]
    pub fn with_claim(self, name: &str, value: impl Into<Value>) -> Self {
        let mut claims: Map<String, Value> = self.claims().all().clone();
        match value.into() {
            Value::Null => claims.remove(name),
            value => claims.insert(name.to_owned(), value),
        };
        Self::of_claims(Value::Object(claims))
    }

    #[expect(clippy::panic, reason = "an impossible caller fails the test")]
    fn of_claims(claims: Value) -> Self {
        Self::try_of_claims(&claims)
            .unwrap_or_else(|error| panic!("these are not the claims of a token: {error}"))
    }

    fn try_of_claims(claims: &Value) -> Result<Self, Box<dyn Error>> {
        let all = json::strict_object(claims.to_string().as_bytes())
            .map_err(|_| "it is not an object")?;
        let mut mapping = ClaimMapping::default();
        mapping.person.person = vec![(PERSON.into(), "*".into())];
        let claims = Claims::from_members(all, &mapping)?;
        // The names of scopes live as long as the program. A test names a few.
        let scopes = claims.scopes().map(|scope| &*scope.to_owned().leak());
        let scopes = scopes.map(Scope::parse).collect::<Result<Vec<_>, _>>()?;
        let token = VerifiedToken::new(claims, &ScopeTable::with_hierarchy(scopes, &[])?);
        let (scheme, token_text) = (Scheme::Bearer, BearerToken::new("test")?);
        let credentials = Credentials {
            scheme,
            token: token_text,
        };
        Ok(Self(token, Some(credentials)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::Actor;

    #[test]
    fn a_test_caller_has_what_the_test_says_and_nothing_else() {
        let alice = Caller::test("alice")
            .with_scopes(["a:read", "a:write"])
            .with_roles(["editor"])
            .with_login("mfa", UnixTime::from_seconds(7))
            .with_claim("tenant", "acme");
        assert!(alice.has_role("editor") && !alice.has_role("admin"));
        assert_eq!(alice.roles().collect::<Vec<_>>(), ["editor"]);
        assert_eq!(alice.acr(), Some("mfa"));
        assert_eq!(alice.auth_time(), Some(UnixTime::from_seconds(7)));
        assert_eq!(alice.subject(), Some("alice"));
        assert!(alice.has("a:read") && alice.has("a:write") && !alice.has("a:admin"));
        assert_eq!(alice.claim("tenant"), Some(&json!("acme")));
        assert!(!alice.clone().acts_for_person() && alice.actors().is_empty());
        let agent = alice
            .clone()
            .with_person()
            .with_actor("first")
            .with_actor("second");
        let actors: Vec<_> = agent.actors().iter().map(Actor::subject).collect();
        assert!(agent.acts_for_person());
        assert_eq!(actors, ["second", "first"]);
        assert!(!alice.with_claim("scope", Value::Null).has("a:read"));
    }

    #[test]
    #[should_panic(expected = "these are not the claims of a token")]
    fn a_caller_that_no_token_can_name_is_refused() {
        let _ = Caller::test("alice").with_claim("sub", 7);
    }
}
