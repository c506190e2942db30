//! Which claims of an issuer have which meaning.

use std::borrow::Cow;

use super::Issuer;

impl Issuer {
    /// Reads scopes from the first of these claims that is present, and from no other, as a
    /// space-separated string or an array of strings. The default is `scope`, `scp` and
    /// `scopes`.
    #[must_use]
    pub fn with_scope_claims(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.claim_mapping.scopes = names.into_iter().map(Into::into).map(Cow::Owned).collect();
        self
    }

    /// Removes this prefix from scopes, for a provider that prepends the resource: with
    /// `api://news/`, a token's `api://news/read` becomes `read`. Scopes without the prefix
    /// are unchanged. If this is the first issuer, its first prefix is added to the scopes in
    /// `scopes_supported` and in challenges, because clients must request the scopes as the
    /// issuer names them.
    #[must_use]
    pub fn with_scope_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.claim_mapping.scope_prefixes.push(prefix.into());
        self
    }

    /// Reads the audience from this claim if a token has no `aud`, for a provider that puts
    /// it elsewhere. The value must still be an accepted audience.
    #[must_use]
    pub fn with_audience_claim(mut self, name: impl Into<String>) -> Self {
        self.claim_mapping.audience.push(Cow::Owned(name.into()));
        self
    }

    /// Reads the client from this claim if a token has neither `client_id` nor `azp`.
    #[must_use]
    pub fn with_client_claim(mut self, name: impl Into<String>) -> Self {
        self.claim_mapping.client.push(Cow::Owned(name.into()));
        self
    }

    /// Reads roles at this path: the names of members from the outside to the inside, such as
    /// `["realm_access", "roles"]`, or one name. There, a token has an array of strings or one
    /// string, which is one role.
    ///
    /// The first call replaces the path of the provider, which is `roles` for most (RFC 9068
    /// §2.2.3.1), `realm_access` `roles` for Keycloak, `cognito:groups` for Amazon Cognito,
    /// `groups` for Okta, and none for Auth0. Each further call adds a path, and the roles of all
    /// paths count.
    ///
    /// ```
    /// use toolgate::issuer::Issuer;
    ///
    /// // The roles of the realm and those of one client.
    /// let keycloak = Issuer::new("https://login.example.com/realms/mcp")
    ///     .with_role_claim(["realm_access", "roles"])
    ///     .with_role_claim(["resource_access", "news", "roles"]);
    /// // Auth0 takes a name of your own, which is a URL.
    /// let auth0 = Issuer::new("https://acme.eu.auth0.com/")
    ///     .with_role_claim(["https://news.example/roles"]);
    /// ```
    #[must_use]
    pub fn with_role_claim(mut self, path: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let path = path.into_iter().map(Into::into).map(Cow::Owned).collect();
        if !self.has_own_role_claims {
            self.claim_mapping.roles.clear();
        }
        self.has_own_role_claims = true;
        self.claim_mapping.roles.push(path);
        self
    }

    /// Accepts this claim as evidence that a person stands behind a token. Items with the key
    /// `person` are denied to all other tokens.
    ///
    /// The issuer must write the claim only when a person has signed in. `*` at the start or at
    /// the end of the value stands for any text, and `*` alone for any value. Several claims are
    /// alternatives. A token whose subject is its client never shows a person.
    ///
    /// The rules of a known provider contain its claims. The tokens of any other issuer show a
    /// person only with this setting.
    ///
    /// ```
    /// use toolgate::issuer::Issuer;
    ///
    /// let issuer = Issuer::new("https://as.example")
    ///     .with_person_claim("auth_time", "*")
    ///     .with_machine_claim("client_type", "service");
    /// ```
    #[must_use]
    pub fn with_person_claim(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let claim = (Cow::Owned(name.into()), Cow::Owned(value.into()));
        self.claim_mapping.person.person.push(claim);
        self
    }

    /// Accepts this claim as evidence that a program uses a token, even if others show a person.
    /// The value is written as for [`with_person_claim`](Self::with_person_claim). A token shows
    /// a program if a word of the claim has the value, or if the claim is not a string.
    #[must_use]
    pub fn with_machine_claim(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let claim = (Cow::Owned(name.into()), Cow::Owned(value.into()));
        self.claim_mapping.person.machine.push(claim);
        self
    }

    /// Sets the path of the roles at a provider.
    pub(super) fn with_provider_roles(mut self, path: &[&'static str]) -> Self {
        let path: Vec<_> = path.iter().copied().map(Cow::Borrowed).collect();
        self.claim_mapping.roles = vec![path];
        self
    }
}
