//! [`LocalCaller`]: who calls on standard input, as the author of the program states it.

use std::fmt;

use crate::{
    caller::{Caller, LocalOrigin},
    clock::UnixTime,
    error::SetupErrors,
    log_text::is_one_line,
    scope::{ScopeTable, is_scope_token},
};

/// The longest name, in bytes.
const LONGEST_NAME: usize = 256;

/// The end of the year 9999: a local caller does not expire.
const NEVER: UnixTime = UnixTime::from_seconds(253_402_300_799);

/// The one caller of a server on standard input and output, for
/// [`Server::serve_stdio`](crate::Server::serve_stdio).
///
/// The host that starts the program sends no token. State here what this caller may do: its name
/// becomes the subject, and its login time is the start of the program. It has the rights that you
/// name and no others. Its issuer is `local`, which no token can name, so it shares
/// nothing with a caller over HTTP. A [`TokenExchange`](crate::auth::TokenExchange) refuses it,
/// because there is no token to exchange.
///
/// ```
/// use toolgate::LocalCaller;
///
/// let caller = LocalCaller::named("desktop")
///     .with_scopes(["notes:read"])
///     .with_roles(["editor"])
///     .with_acr("urn:example:mfa");
/// assert_eq!(caller.to_string(), "desktop, with the scopes notes:read");
/// ```
///
/// It is stated and never assumed:
///
/// ```compile_fail,E0061
/// # async fn serve(server: toolgate::Server<()>) {
/// server.serve_stdio().await;
/// # }
/// ```
///
/// and nothing else makes a caller without a token, nor is it a caller of HTTP:
///
/// ```compile_fail,E0432
/// use toolgate::auth::LocalOrigin;
/// ```
///
/// ```compile_fail,E0277
/// # use toolgate::{Caller, LocalCaller};
/// let caller: Caller = LocalCaller::named("desktop").into();
/// ```
///
/// Requires the feature `stdio`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a local caller does nothing until it is served"]
pub struct LocalCaller {
    name: String,
    scopes: Vec<String>,
    roles: Vec<String>,
    acr: Option<String>,
    is_person: bool,
}

impl LocalCaller {
    /// Names the caller, who has no scopes and no roles. The name is one line of at most 256 bytes;
    /// another one is an error at the start.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            scopes: Vec::new(),
            roles: Vec::new(),
            acr: None,
            is_person: false,
        }
    }

    /// Grants these scopes in addition. An invalid scope (RFC 6749 §3.3) is an error at the start.
    pub fn with_scopes<T: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        let scopes = scopes.into_iter().map(|scope| scope.as_ref().to_owned());
        self.scopes.extend(scopes);
        self
    }

    /// Grants these roles in addition.
    pub fn with_roles<T: AsRef<str>>(mut self, roles: impl IntoIterator<Item = T>) -> Self {
        let roles = roles.into_iter().map(|role| role.as_ref().to_owned());
        self.roles.extend(roles);
        self
    }

    /// States the strength of the caller's login (`acr`, RFC 9470). State only a strength that a
    /// user must prove to start the program.
    pub fn with_acr(mut self, acr: impl Into<String>) -> Self {
        self.acr = Some(acr.into());
        self
    }

    /// States that a person stands behind each call. State it only if no other program starts this
    /// one, because a scheduler can be a host, too.
    pub fn with_person(mut self) -> Self {
        self.is_person = true;
        self
    }

    /// Reports what makes the caller unusable.
    pub(super) fn check(&self, faults: &mut SetupErrors) {
        if self.name.is_empty() || self.name.len() > LONGEST_NAME || !is_one_line(&self.name) {
            faults.add(
                "the name of the local caller is empty, longer than 256 bytes, or not one line",
                "name who uses the program: `LocalCaller::named(\"desktop\")`",
            );
        }
        for scope in self.scopes.iter().filter(|scope| !is_scope_token(scope)) {
            faults.add(
                format!("the local caller has {scope:?}, which is not a scope"),
                "write each scope as an entry of its own, in printable ASCII without spaces",
            );
        }
    }

    /// Returns the caller of every request. Its login is `now`.
    pub(super) fn caller(&self, table: &ScopeTable, now: UnixTime) -> Option<Caller> {
        let origin = LocalOrigin::stated_by_program();
        let mut claims = origin
            .claims(&self.name, NEVER)
            .with_scopes(&self.scopes.join(" "))
            .with_auth_time(now);
        for role in &self.roles {
            claims = claims.with_role(role);
        }
        if self.is_person {
            claims = claims.with_person();
        }
        if let Some(acr) = &self.acr {
            claims = claims.with_acr(acr);
        }
        origin.caller(claims, table)
    }

    /// Returns the scopes that grant nothing on a server with this table.
    pub(super) fn unknown_scopes<'a>(
        &'a self,
        table: &'a ScopeTable,
    ) -> impl Iterator<Item = &'a str> {
        let scopes = self.scopes.iter().map(String::as_str);
        scopes.filter(|scope| table.granted([*scope]).is_empty())
    }
}

impl fmt::Display for LocalCaller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scopes = self.scopes.join(" ");
        let scopes = if scopes.is_empty() { "none" } else { &scopes };
        write!(f, "{}, with the scopes {scopes}", self.name)
    }
}
