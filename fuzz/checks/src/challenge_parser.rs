//! Parses `WWW-Authenticate` by the grammar of RFC 9110 §11.6.1, RFC 6750 §3 and RFC 9449 §7.1.
//!
//! Stricter than clients: one challenge, every value quoted, no escapes, no repeated name, no
//! trailing text.

use std::collections::BTreeMap;

/// The error of a login that is too weak or too old, with parameters of its own (RFC 9470 §3).
const LOGIN_ERROR: &str = "insufficient_user_authentication";
const LOGIN_PARAMETERS: [&str; 2] = ["acr_values", "max_age"];

/// The parameters of one challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge(BTreeMap<String, String>);

impl Challenge {
    /// Parses a `Bearer` challenge. Returns what is wrong with it otherwise.
    pub(crate) fn read(value: &[u8]) -> Result<Self, String> {
        const ERRORS: [&str; 4] = [
            "invalid_request",
            "invalid_token",
            "insufficient_scope",
            LOGIN_ERROR,
        ];
        Self::of("Bearer ", value, &[], &ERRORS)
    }

    /// Parses a `DPoP` challenge.
    pub(crate) fn read_dpop(value: &[u8]) -> Result<Self, String> {
        const ERRORS: [&str; 6] = [
            "invalid_request",
            "invalid_token",
            "insufficient_scope",
            LOGIN_ERROR,
            "invalid_dpop_proof",
            "use_dpop_nonce",
        ];
        Self::of("DPoP ", value, &["algs"], &ERRORS)
    }

    fn of(scheme: &str, value: &[u8], more: &[&str], errors: &[&str]) -> Result<Self, String> {
        let text = std::str::from_utf8(value).map_err(|_| "it is not ASCII")?;
        let missing = || format!("{scheme}is not first");
        let mut rest = text.strip_prefix(scheme).ok_or_else(missing)?;
        let mut parameters = BTreeMap::new();
        loop {
            let (name, after) = rest.split_once("=\"").ok_or("a value is not quoted")?;
            let is_name =
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            if !is_name {
                return Err(format!("{name:?} is not a name"));
            }
            let (value, after) = after
                .split_once('"')
                .ok_or("a value has no closing quote")?;
            if !value.bytes().all(|b| matches!(b, 0x20..0x7f) && b != b'\\') {
                return Err(format!("{value:?} needs escapes"));
            }
            if parameters
                .insert(name.to_owned(), value.to_owned())
                .is_some()
            {
                return Err(format!("{name} is repeated"));
            }
            match after {
                "" => break,
                after => rest = after.strip_prefix(", ").ok_or("a comma is missing")?,
            }
        }
        let challenge = Self(parameters);
        challenge.judge(text, more, errors)?;
        Ok(challenge)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns the scopes of the challenge.
    pub(crate) fn scopes(&self) -> Vec<&str> {
        self.get("scope")
            .map_or(Vec::new(), |scope| scope.split(' ').collect())
    }

    /// Checks what clients rely on beyond the grammar: by regular expression they take the
    /// first `scope=` and the first `error=` in the header.
    fn judge(&self, text: &str, more: &[&str], errors: &[&str]) -> Result<(), String> {
        const KNOWN: [&str; 4] = ["error", "error_description", "resource_metadata", "scope"];
        let is_of_login = self.get("error") == Some(LOGIN_ERROR);
        let is_known = |name: &str| {
            KNOWN.contains(&name)
                || more.contains(&name)
                || (is_of_login && LOGIN_PARAMETERS.contains(&name))
        };
        if let Some(name) = self.0.keys().find(|name| !is_known(name)) {
            return Err(format!("{name} is not an expected parameter"));
        }
        let prose = self.get("error_description").unwrap_or_default();
        for name in ["scope=", "error=", "resource_metadata="] {
            if text.matches(name).count() > 1 || prose.contains(name) {
                return Err(format!("a search for {name} finds other text"));
            }
        }
        // RFC 6749 §3.3 and §5.2. Written again here, as a second reading of the grammar.
        let is_scope = |name: &&str| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
        };
        if !self.scopes().iter().all(is_scope) {
            return Err("its scope is empty, or contains an invalid scope-token".to_owned());
        }
        match self.get("error") {
            Some(error) if !errors.contains(&error) => {
                Err(format!("{error:?} is not an error of its scheme"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_read_and_a_broken_one_is_not() {
        let good = r#"Bearer error="invalid_token", scope="a b", resource_metadata="http://h/x""#;
        let read = Challenge::read(good.as_bytes()).unwrap();
        assert_eq!(read.scopes(), ["a", "b"]);
        let login =
            r#"Bearer error="insufficient_user_authentication", acr_values="a", max_age="9""#;
        assert!(Challenge::read(login.as_bytes()).is_ok());
        for broken in [
            "Bearer",
            r#"Basic a="b""#,
            r#"Bearer scope="""#,
            r#"Bearer scope="a  b""#,
            r#"Bearer scope="a", scope="b""#,
            r#"Bearer scope="a",error="invalid_token""#,
            r#"Bearer scope=a"#,
            r#"Bearer scope="a" x"#,
            r#"Bearer error="made_up""#,
            r#"Bearer realm="x""#,
            r#"Bearer error="invalid_token", acr_values="a""#,
            r#"Bearer error="invalid_token", error_description="needs scope=x""#,
        ] {
            assert!(Challenge::read(broken.as_bytes()).is_err(), "{broken}");
        }
    }
}
