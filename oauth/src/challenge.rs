//! `WWW-Authenticate`: where a client logs in, and which scopes it requests.
//!
//! RFC 6750 §3 and RFC 9728 §5.1 define the header, but many clients read only a part of
//! it. Many find the first `scope=` with a regular expression, some ignore a header that is
//! not ASCII, some see only the first scheme. So `Bearer` comes first, `scope` and
//! `resource_metadata` come before the description, an empty `scope` is left out, and the
//! description never holds text from a client.
//!
//! If the request uses tokens that are bound to a key, or the server requires them, a second
//! header has the same challenge for the scheme `DPoP` (RFC 9449 §7.1).

use std::collections::HashMap;

use http::HeaderValue;

use toolgate_core::{access::Conditions, start_error::SetupErrors};

use crate::scope::{ScopeSet, ScopeTable};

/// The error codes of RFC 6750 §3.1, RFC 9449 §7.1 and §9, and RFC 9470 §3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// The request is malformed.
    InvalidRequest,
    /// The token is not valid.
    InvalidToken,
    /// The token lacks a scope.
    InsufficientScope,
    /// The challenge names how to log in.
    InsufficientUserAuthentication(Conditions),
    /// The proof of possession is not valid.
    InvalidDpopProof,
    /// The proof lacks the server's nonce.
    UseDpopNonce,
}

impl ErrorCode {
    /// Returns the code as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::InsufficientUserAuthentication(_) => "insufficient_user_authentication",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
        }
    }
}

/// Writes the challenges of one resource.
#[derive(Debug)]
pub struct Challenges {
    metadata_url: String,
    /// The prefix of scopes in requests of clients to the issuer. This server does not use it.
    prefix: String,
    /// The signature algorithms of proofs, separated by spaces.
    algorithms: String,
    /// Prepared challenges without an error: every login begins with one.
    prepared: HashMap<ScopeSet, HeaderValue>,
}

impl Challenges {
    /// Creates challenges that name this protected resource metadata document and scopes with
    /// this prefix. The challenges for the sets in `ahead` are prepared now.
    pub fn new(
        metadata_url: &str,
        prefix: &str,
        table: &ScopeTable,
        ahead: impl IntoIterator<Item = ScopeSet>,
        faults: &mut SetupErrors,
    ) -> Self {
        if !is_quotable(metadata_url) {
            faults.add(
                format!(
                    "the metadata URL {metadata_url:?} cannot stand in a WWW-Authenticate header"
                ),
                "write the resource's URI in ASCII, percent-encoded where RFC 3986 requires it",
            );
        }
        // RFC 6749 §3.3: the characters of a scope, which a quoted-string can hold, too.
        if !is_quotable(prefix) {
            faults.add(
                format!("the scope prefix {prefix:?} cannot be a part of a scope"),
                "write it in printable ASCII without space, quotation mark and backslash",
            );
        }
        let mut challenges = Self {
            metadata_url: metadata_url.to_owned(),
            prefix: prefix.to_owned(),
            algorithms: String::new(),
            prepared: HashMap::new(),
        };
        for set in ahead {
            let challenge = challenges.write(BEARER, None, set, table, "");
            challenges.prepared.insert(set, challenge);
        }
        challenges
    }

    /// Names these signature algorithms in challenges of the scheme `DPoP`.
    pub fn with_algorithms(mut self, names: impl Iterator<Item = &'static str>) -> Self {
        self.algorithms = names.collect::<Vec<_>>().join(" ");
        self
    }

    /// Returns the names of a set as clients request them, separated by spaces.
    pub fn scopes(&self, set: ScopeSet, table: &ScopeTable) -> String {
        self.names(set, table).collect::<Vec<_>>().join(" ")
    }

    /// Returns the names of a set as clients request them.
    pub fn names(&self, set: ScopeSet, table: &ScopeTable) -> impl Iterator<Item = String> {
        let names = table.names(set);
        names.map(|name| format!("{}{name}", self.prefix))
    }

    /// Returns the challenge for a request without a token: it has no `error` (RFC 6750 §3.1).
    pub fn without_error(&self, challenge_scopes: ScopeSet, table: &ScopeTable) -> HeaderValue {
        match self.prepared.get(&challenge_scopes) {
            Some(challenge) => challenge.clone(),
            None => self.write(BEARER, None, challenge_scopes, table, ""),
        }
    }

    /// Returns the challenge with an error and a description.
    pub fn with_error(
        &self,
        code: ErrorCode,
        challenge_scopes: ScopeSet,
        table: &ScopeTable,
        description: &str,
    ) -> HeaderValue {
        match code {
            // Not an error of this scheme: the token may be valid, so no other is needed.
            ErrorCode::InvalidDpopProof | ErrorCode::UseDpopNonce => {
                self.without_error(challenge_scopes, table)
            }
            code => self.write(BEARER, Some(code), challenge_scopes, table, description),
        }
    }

    /// Returns the challenge of the scheme `DPoP` (RFC 9449 §7.1).
    pub fn of_dpop(
        &self,
        code: Option<ErrorCode>,
        challenge_scopes: ScopeSet,
        table: &ScopeTable,
        description: &str,
    ) -> HeaderValue {
        self.write(DPOP, code, challenge_scopes, table, description)
    }

    fn write(
        &self,
        scheme: &'static str,
        code: Option<ErrorCode>,
        challenge_scopes: ScopeSet,
        table: &ScopeTable,
        description: &str,
    ) -> HeaderValue {
        debug_assert!(is_unambiguous(description), "{description}");
        let mut parameters = Vec::with_capacity(5);
        let metadata = format!("resource_metadata=\"{}\"", self.metadata_url);
        let scope = (!challenge_scopes.is_empty())
            .then(|| format!("scope=\"{}\"", self.scopes(challenge_scopes, table)));
        let error = code.map(|code| format!("error=\"{}\"", code.as_str()));
        match code {
            Some(ErrorCode::InsufficientScope) => {
                parameters.extend(error.into_iter().chain(scope));
                parameters.push(metadata);
            }
            Some(ErrorCode::InsufficientUserAuthentication(conditions)) => {
                parameters.extend(error.into_iter().chain(scope));
                parameters.push(metadata);
                if !conditions.acr().is_empty() {
                    let values = conditions.acr().join(" ");
                    parameters.push(format!("acr_values=\"{values}\""));
                }
                let max_age = conditions.max_age().map(|age| age.as_secs());
                parameters.extend(max_age.map(|seconds| format!("max_age=\"{seconds}\"")));
            }
            None
            | Some(
                ErrorCode::InvalidRequest
                | ErrorCode::InvalidToken
                | ErrorCode::InvalidDpopProof
                | ErrorCode::UseDpopNonce,
            ) => {
                parameters.push(metadata);
                parameters.extend(scope.into_iter().chain(error));
            }
        }
        if scheme == DPOP && !self.algorithms.is_empty() {
            parameters.push(format!("algs=\"{}\"", self.algorithms));
        }
        if !description.is_empty() {
            parameters.push(format!("error_description=\"{description}\""));
        }
        let text = format!("{scheme} {}", parameters.join(", "));
        // Scopes are scope-tokens, the URL was validated at start-up, and the description is ours.
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(scheme))
    }
}

/// The schemes (RFC 6750 §3, RFC 9449 §7.1).
const BEARER: &str = "Bearer";
const DPOP: &str = "DPoP";

/// Returns the names of a set, separated by spaces (RFC 6749 §3.3).
pub fn scope_string(set: ScopeSet, table: &ScopeTable) -> String {
    let mut text = String::new();
    for name in table.names(set) {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(name);
    }
    text
}

/// Returns whether a quoted-string (RFC 9110 §5.6.4) can hold a text unchanged.
fn is_quotable(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// Returns whether no client can read a part of the description as a parameter.
fn is_unambiguous(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b' ' | 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
        && !["scope=", "error=", "resource_metadata="]
            .iter()
            .any(|parameter| text.contains(parameter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scope;

    const URL: &str = "https://api.example/.well-known/oauth-protected-resource/mcp";

    fn table() -> ScopeTable {
        ScopeTable::with_hierarchy([Scope::new("b:write"), Scope::new("a:read")], &[]).unwrap()
    }

    fn challenges() -> Challenges {
        let mut faults = SetupErrors::default();
        let made = Challenges::new(URL, "", &table(), [table().required()], &mut faults);
        assert!(faults.finish(()).is_ok());
        made
    }

    #[test]
    fn without_a_token_there_is_no_error() {
        let made = challenges().without_error(table().required(), &table());
        assert_eq!(
            made.to_str().unwrap(),
            format!("Bearer resource_metadata=\"{URL}\", scope=\"a:read b:write\"")
        );
    }

    #[test]
    fn a_prepared_challenge_equals_the_one_written_later() {
        let later = Challenges::new(URL, "", &table(), [], &mut SetupErrors::default());
        assert_eq!(
            later.without_error(table().required(), &table()),
            challenges().without_error(table().required(), &table())
        );
    }

    #[test]
    fn an_empty_scope_is_left_out() {
        let made = challenges().without_error(ScopeSet::EMPTY, &table());
        assert_eq!(
            made.to_str().unwrap(),
            format!("Bearer resource_metadata=\"{URL}\"")
        );
    }

    #[test]
    fn scopes_have_the_prefix_of_their_issuer() {
        let mut faults = SetupErrors::default();
        let made = Challenges::new(URL, "api://x/", &table(), [table().required()], &mut faults);
        assert!(faults.finish(()).is_ok());
        assert_eq!(
            made.without_error(table().required(), &table())
                .to_str()
                .unwrap(),
            format!("Bearer resource_metadata=\"{URL}\", scope=\"api://x/a:read api://x/b:write\"")
        );
        for prefix in ["a b", "\"", "\\", "ä"] {
            let mut faults = SetupErrors::default();
            Challenges::new(URL, prefix, &table(), [], &mut faults);
            assert!(faults.finish(()).is_err(), "{prefix}");
        }
    }

    #[test]
    fn the_description_comes_last() {
        let challenge_scopes = table().one("a:read").unwrap();
        let made = challenges().with_error(
            ErrorCode::InsufficientScope,
            challenge_scopes,
            &table(),
            "the token lacks a scope that this operation needs",
        );
        assert_eq!(
            made.to_str().unwrap(),
            format!(
                "Bearer error=\"insufficient_scope\", scope=\"a:read\", resource_metadata=\"{URL}\", \
                 error_description=\"the token lacks a scope that this operation needs\""
            )
        );
    }

    #[test]
    fn an_error_of_a_proof_is_no_error_of_the_bearer_scheme() {
        let (all, table) = (
            challenges().with_algorithms(["ES256", "EdDSA"].into_iter()),
            table(),
        );
        let challenge_scopes = table.one("a:read").unwrap();
        for code in [ErrorCode::InvalidDpopProof, ErrorCode::UseDpopNonce] {
            assert_eq!(
                all.with_error(code, challenge_scopes, &table, "the proof is too old"),
                all.without_error(challenge_scopes, &table)
            );
            assert_eq!(
                all.of_dpop(Some(code), challenge_scopes, &table, "the proof is too old")
                    .to_str()
                    .unwrap(),
                format!(
                    "DPoP resource_metadata=\"{URL}\", scope=\"a:read\", error=\"{}\", \
                     algs=\"ES256 EdDSA\", error_description=\"the proof is too old\"",
                    code.as_str()
                )
            );
        }
    }

    #[test]
    fn a_url_that_would_break_out_of_its_quotes_is_an_error() {
        for url in [
            "https://a/\"b",
            "https://a/\\",
            "https://a/ä",
            "https://a/ b",
        ] {
            let mut faults = SetupErrors::default();
            Challenges::new(url, "", &table(), [], &mut faults);
            assert!(faults.finish(()).is_err(), "{url}");
        }
    }

    #[test]
    fn a_description_that_a_client_could_misread_is_recognised() {
        for prose in [
            "needs scope=x now",
            "error=1",
            "see resource_metadata=",
            "a\"b",
            "ä",
        ] {
            assert!(!is_unambiguous(prose), "{prose}");
        }
    }
}
