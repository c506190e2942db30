//! Clients: registered ones, and those with a metadata document.
//!
//! The identifier of a registered client *is* its registration. Any client can register
//! anything, so there is nothing to forge. A flood of registrations takes no memory, and an
//! identifier stays valid after a restart.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::redirect_uri::RedirectUri;

/// The prefix of identifiers that are issued here.
const PREFIX: &str = "dev-";
/// The maximum length of an identifier, which is in every token of its client.
const ID_LIMIT: usize = 2048;
/// The maximum length of a displayed name.
const NAME_LIMIT: usize = 80;

/// The known facts about a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) id: String,
    /// The name that the client gave itself, not verified.
    pub(crate) name: Option<String>,
    /// The host of its metadata document, which is the only verified fact.
    pub(crate) host: Option<String>,
    pub(crate) redirects: Vec<RedirectUri>,
}

impl Client {
    /// Builds a client whose identifier contains the registration, or returns `None` if it is
    /// too long.
    pub(crate) fn register(name: Option<String>, redirects: Vec<RedirectUri>) -> Option<Self> {
        let uris: Vec<_> = redirects.iter().map(RedirectUri::as_str).collect();
        let registration = serde_json::to_vec(&(&name, uris)).ok()?;
        let mut id = PREFIX.to_owned();
        BASE64_URL_SAFE_NO_PAD.encode_string(registration, &mut id);
        (id.len() <= ID_LIMIT).then_some(Self {
            id,
            name,
            host: None,
            redirects,
        })
    }

    /// Reads a client from an identifier, if it could have been issued here.
    pub(crate) fn from_id(id: &str) -> Option<Self> {
        if id.len() > ID_LIMIT {
            return None;
        }
        let registration = BASE64_URL_SAFE_NO_PAD
            .decode(id.strip_prefix(PREFIX)?)
            .ok()?;
        let (name, uris): (Option<String>, Vec<String>) =
            serde_json::from_slice(&registration).ok()?;
        let redirects = uris.iter().map(|uri| RedirectUri::parse(uri));
        let name = name.map_or(Some(None), |name| display_name(&name).map(Some))?;
        let client = Self::register(name, redirects.collect::<Option<Vec<_>>>()?)?;
        // Each client has exactly one identifier.
        (client.id == id && !client.redirects.is_empty()).then_some(client)
    }

    /// Returns the redirect URI to use if the request names `requested`. A request can omit it if
    /// the client has exactly one (RFC 6749 §3.1.2.3).
    pub(crate) fn redirect(&self, requested: Option<&str>) -> Option<RedirectUri> {
        redirect_among(&self.redirects, requested)
    }
}

/// Like [`Client::redirect`], for a client with these redirect URIs.
pub(crate) fn redirect_among(
    redirects: &[RedirectUri],
    requested: Option<&str>,
) -> Option<RedirectUri> {
    match (requested, redirects) {
        (Some(requested), all) => all.iter().find_map(|one| one.allows(requested)),
        (None, [only]) => Some(only.clone()),
        (None, _) => None,
    }
}

/// Cleans a name for display: shortened, and without characters that hide or reorder text.
pub(crate) fn display_name(name: &str) -> Option<String> {
    let shown = |character: &char| {
        !character.is_control()
            && !matches!(character,
                '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}')
    };
    let name: String = name.trim().chars().filter(shown).take(NAME_LIMIT).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirects(uris: &[&str]) -> Vec<RedirectUri> {
        uris.iter()
            .map(|uri| RedirectUri::parse(uri).unwrap())
            .collect()
    }

    fn encode(text: &str) -> String {
        format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(text))
    }

    #[test]
    fn an_identifier_contains_the_registration() {
        let uris = redirects(&["http://localhost/cb", "app:/cb"]);
        for name in [None, Some("Élan 2".to_owned())] {
            let client = Client::register(name, uris.clone()).unwrap();
            assert_eq!(Client::from_id(&client.id), Some(client));
        }
    }

    #[test]
    fn an_identifier_that_was_not_issued_is_unknown() {
        assert!(Client::from_id(&encode(r#"["n",["http://localhost/cb"]]"#)).is_some());
        for id in [
            "",
            "dev-",
            "unknown",
            "dev-%%",
            &encode(r#"["n",[]]"#),
            &encode(r#"["n",["javascript:/x"]]"#),
            &encode(r#"["n",["http://evil.example/cb"]]"#),
            &encode("[\"a\\u202eb\",[\"http://localhost/cb\"]]"),
            &encode(r#"["  n",["http://localhost/cb"]]"#),
            &encode(r#"[ "n",["http://localhost/cb"]]"#),
            &encode(r#"{"name":"n"}"#),
            &format!("dev-{}", "A".repeat(ID_LIMIT)),
        ] {
            assert_eq!(Client::from_id(id), None, "{id}");
        }
    }

    #[test]
    fn a_registration_that_is_too_long_gets_no_identifier() {
        let long = format!("https://a.example/{}", "a".repeat(1000));
        assert!(Client::register(None, redirects(&[&long, &long])).is_none());
    }

    #[test]
    fn a_client_with_one_redirect_uri_may_omit_it() {
        let one = Client::register(None, redirects(&["app:/a"])).unwrap();
        assert_eq!(one.redirect(None).unwrap().as_str(), "app:/a");
        let two = Client::register(None, redirects(&["app:/a", "app:/b"])).unwrap();
        assert_eq!(two.redirect(None), None);
        assert_eq!(two.redirect(Some("app:/b")).unwrap().as_str(), "app:/b");
        assert_eq!(two.redirect(Some("app:/c")), None);
    }

    #[test]
    fn a_display_name_has_no_control_or_direction_characters() {
        assert_eq!(
            display_name(" a\u{202e}b\nc\u{200b} ").as_deref(),
            Some("abc")
        );
        assert_eq!(display_name("\u{200b} \n"), None);
        assert_eq!(display_name(&"x".repeat(500)).unwrap().len(), NAME_LIMIT);
    }
}
