//! A provider as a fixture: its documents, its keys and one of its tokens, in the formats of
//! its documentation. All values are invented.
//!
//! Placeholders: `{base}` is the provider's address, `{resource}` the server's, `{n}` and `{e}`
//! a key, `{now}` and `{later}` times.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Map, Value, json};
use support::{SigningKey, TokenBuilder};
use toolgate::issuer::{Issuer, Provider};

/// One of the fixture files.
pub(crate) struct Fixture {
    all: Value,
    name: &'static str,
    now: u64,
}

/// A token and its expected outcome.
pub(crate) struct Case {
    /// The name of the variant.
    pub(crate) name: String,
    /// The token.
    pub(crate) token: String,
    /// The provider's introspection response, if it is introspected.
    pub(crate) answer: Option<Value>,
    /// Whether it must be accepted.
    pub(crate) accepted: bool,
}

impl Fixture {
    /// Returns every provider, by file name.
    pub(crate) fn all() -> Vec<Self> {
        macro_rules! read {
            ($($name:literal),*) => {
                vec![$(Self::read($name, include_str!(concat!("fixtures/", $name, ".json")))),*]
            };
        }
        read!(
            "generic", "scalekit", "auth0", "keycloak", "entra", "okta", "cognito", "authkit",
            "descope", "stytch", "google"
        )
    }

    /// Returns one provider.
    pub(crate) fn named(name: &str) -> Self {
        let mut all = Self::all();
        all.retain(|one| one.name == name);
        all.remove(0)
    }

    fn read(name: &'static str, text: &str) -> Self {
        #[expect(clippy::disallowed_methods, reason = "tokens for the real time of day")]
        let now = SystemTime::now();
        let now = now.duration_since(UNIX_EPOCH).expect("a time after 1970");
        let all = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let now = now.as_secs();
        Self { all, name, now }
    }

    /// Returns its file name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Returns its documents, by path.
    pub(crate) fn documents(&self, base: &str) -> BTreeMap<String, Value> {
        let key = SigningKey::rsa("").jwk();
        let documents = self.filled("documents", base, "");
        documents
            .as_object()
            .expect("documents")
            .iter()
            .map(|(path, document)| {
                let text = document.to_string();
                let text = text.replace("{n}", key["n"].as_str().expect("text"));
                let text = text.replace("{e}", key["e"].as_str().expect("text"));
                (path.clone(), serde_json::from_str(&text).expect("JSON"))
            })
            .collect()
    }

    /// Returns the issuer, configured as a user of this provider would.
    pub(crate) fn issuer(&self, base: &str) -> Issuer {
        let provider = match self.all["provider"].as_str().expect("a provider") {
            "Generic" => Provider::Generic,
            "Scalekit" => Provider::Scalekit,
            "Auth0" => Provider::Auth0,
            "Keycloak" => Provider::Keycloak,
            "EntraId" => Provider::EntraId,
            "Okta" => Provider::Okta,
            "Cognito" => Provider::Cognito,
            "AuthKit" => Provider::AuthKit,
            "Descope" => Provider::Descope,
            "Stytch" => Provider::Stytch,
            "Google" => Provider::Google,
            other => panic!("{other}"),
        };
        let name = self.filled("issuer", base, "");
        let issuer = Issuer::for_provider(provider, name.as_str().expect("a name"));
        match self.all["scope_prefix"].as_str() {
            Some(prefix) => issuer.with_scope_prefix(prefix),
            None => issuer,
        }
    }

    /// Returns the audiences in addition to the server's URL.
    pub(crate) fn audiences(&self) -> Vec<String> {
        let audiences = self.all["audiences"].as_array().expect("a list");
        audiences.iter().map(text).collect()
    }

    /// Returns the token's subject, client and scopes.
    pub(crate) fn means(&self) -> (String, String, String) {
        let means = &self.all["means"];
        (
            text(&means["subject"]),
            text(&means["client"]),
            text(&means["scopes"]),
        )
    }

    /// Returns the original token, every accepted variant and every refused one.
    pub(crate) fn cases(&self, base: &str, resource: &str) -> Vec<Case> {
        let mut cases = vec![self.case("as it is", &json!({}), true, base, resource)];
        for (kind, accepted) in [("accepted", true), ("refused", false)] {
            let varieties = self.filled(kind, base, resource);
            for (name, change) in varieties.as_object().expect("varieties") {
                cases.push(self.case(name, change, accepted, base, resource));
            }
        }
        cases
    }

    /// Returns a token with roles at the provider's place, and with names that look like roles
    /// elsewhere; and the roles that it has.
    pub(crate) fn with_roles(&self, base: &str, resource: &str) -> (Case, Vec<String>) {
        let roles = &self.all["roles"];
        let case = self.case("with roles", &roles["claims"], true, base, resource);
        let mean = roles["mean"].as_array().expect("a list");
        (case, mean.iter().map(text).collect())
    }

    /// Returns the original token, whether it shows a person, and tokens of programs.
    pub(crate) fn persons(&self, base: &str, resource: &str) -> (Case, bool, Vec<Case>) {
        let person = self.filled("person", base, resource);
        let case = self.case("a user", &json!({}), true, base, resource);
        let programs = person["programs"].as_object().expect("programs");
        let programs = programs
            .iter()
            .map(|(name, change)| self.case(name, change, true, base, resource));
        let is_shown = person["is_shown"].as_bool().expect("a flag");
        (case, is_shown, programs.collect())
    }

    fn case(&self, name: &str, change: &Value, accepted: bool, base: &str, resource: &str) -> Case {
        let mut claims = self.filled("claims", base, resource);
        let members = claims.as_object_mut().expect("claims");
        members.extend(change.as_object().expect("a change").clone());
        members.retain(|_, value| !value.is_null());
        let name = format!("{}: {name}", self.name);
        if let Some(token) = self.all["opaque"].as_str() {
            let token = format!("{token}-{}", name.len());
            return Case {
                name,
                token,
                answer: Some(claims),
                accepted,
            };
        }
        let key = SigningKey::rsa("");
        let token = TokenBuilder::new("", &key)
            .header_text(&self.all["header"].to_string())
            .claims_text(&claims.to_string())
            .build();
        Case {
            name,
            token,
            answer: None,
            accepted,
        }
    }

    fn filled(&self, part: &str, base: &str, resource: &str) -> Value {
        self.fill(&self.all[part], base, resource)
    }

    fn fill(&self, value: &Value, base: &str, resource: &str) -> Value {
        let fill = |value| self.fill(value, base, resource);
        match value {
            Value::String(text) if text == "{now}" => json!(self.now),
            Value::String(text) if text == "{later}" => json!(self.now + 600),
            Value::String(text) if text == "{later as text}" => json!((self.now + 600).to_string()),
            Value::String(text) => {
                json!(text.replace("{base}", base).replace("{resource}", resource))
            }
            Value::Array(many) => many.iter().map(fill).collect(),
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| (name.clone(), fill(value)))
                .collect::<Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}
