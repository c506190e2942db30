//! A protected resource metadata document (RFC 9728 §2) that the user provides.
//!
//! Scalekit's dashboard generates one, and its guides put it into `METADATA_JSON_RESPONSE`. The
//! server publishes the extra members of the document. It ignores the members that it derives
//! itself, because a copy goes stale, and members that would promise unsupported features.

use serde_json::{Map, Value};

use super::{
    redacted_value,
    resource_identifier::ResourceIdentifier,
    url_validation::{self, ConfigError},
};
use crate::json::strict_object;

/// A parsed and validated document.
#[derive(Debug, Clone)]
pub struct ResourceMetadata {
    source: String,
    members: Map<String, Value>,
}

/// The document to publish, with warnings for the operator.
#[derive(Debug)]
pub struct MergedMetadata {
    /// The members to publish.
    pub members: Map<String, Value>,
    /// The differences from the provided document.
    pub warnings: Vec<String>,
}

/// Members that promise features this server does not provide, and why they are left out.
const PROMISES: [(&str, &str); 4] = [
    // RFC 9728 §2.2: signed members take precedence over the derived ones.
    (
        "signed_metadata",
        "it was signed before the scopes were derived",
    ),
    (
        "tls_client_certificate_bound_access_tokens",
        "this server refuses such tokens",
    ),
    (
        "dpop_bound_access_tokens_required",
        "`Config::with_dpop` sets it",
    ),
    (
        "dpop_signing_alg_values_supported",
        "`Config::with_dpop` sets them",
    ),
];

impl ResourceMetadata {
    /// Parses a document, or returns every error in it.
    pub(super) fn parse(source: &str, text: &str) -> Result<Self, Vec<ConfigError>> {
        let members = strict_object(text.as_bytes()).map_err(|error| {
            // `serde_json` reports the position and what it expected, never the text itself.
            vec![ConfigError {
                what: format!("is not a JSON object: {error}"),
                remedy:
                    "copy the whole document, and put it in single quotes if it spans several lines"
                        .to_owned(),
            }]
        })?;
        let errors: Vec<_> = members
            .iter()
            .filter_map(|(name, value)| validate_member(name, value))
            .collect();
        if errors.is_empty() {
            Ok(Self {
                source: source.to_owned(),
                members,
            })
        } else {
            Err(errors)
        }
    }

    /// Returns a member that is a string.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    /// Returns the strings of a member that is a list.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        texts(self.members.get(name)).collect()
    }

    /// Merges the derived members with the extra members of this document.
    ///
    /// `derived` is the document that the server would publish without this one. Its members
    /// take precedence, and every difference yields a warning.
    pub fn merge(&self, derived: Map<String, Value>) -> MergedMetadata {
        let Self { source, members } = self;
        let mut warnings = Vec::new();
        if members.contains_key(SCOPES) {
            let ours: Vec<_> = texts(derived.get(SCOPES)).collect();
            let theirs = self.list(SCOPES);
            for scope in theirs.iter().filter(|scope| !ours.contains(scope)) {
                let scope = redacted_value::quoted_without_secrets(scope);
                warnings.push(format!(
                    "{source} lists the scope {scope}, which no tool requires; it is not published"
                ));
            }
            for scope in ours.iter().filter(|scope| !theirs.contains(scope)) {
                let scope = redacted_value::quoted_without_secrets(scope);
                warnings.push(format!("{source} lacks the scope {scope}, which a tool requires; it is added, and must be registered at the provider"));
            }
        }
        let mut merged = Map::new();
        for (name, value) in members {
            if let Some((_, why)) = PROMISES.iter().find(|(promise, _)| promise == name)
                && *value != Value::Bool(false)
                && derived.get(name) != Some(value)
            {
                warnings.push(format!(
                    "{source} contains `{name}`, which is not published: {why}"
                ));
            } else if derived.get(name).is_some_and(|ours| ours != value) && name != SCOPES {
                warnings.push(format!(
                    "`{name}` in {source} differs from this server's; the server publishes its own"
                ));
            } else {
                merged.insert(name.clone(), value.clone());
            }
        }
        merged.extend(derived);
        MergedMetadata {
            members: merged,
            warnings,
        }
    }
}

const SCOPES: &str = "scopes_supported";

fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// Returns the error in a member whose meaning RFC 9728 §2 defines.
fn validate_member(name: &str, value: &Value) -> Option<ConfigError> {
    let problem = match name {
        "resource" => match value.as_str().map(ResourceIdentifier::parse) {
            None => "is not a string".to_owned(),
            Some(Err(error)) => error.what,
            Some(Ok(_)) => return None,
        },
        "authorization_servers" => {
            let Some(servers) = value.as_array() else {
                return Some(member_error(name, "is not a list"));
            };
            servers.iter().find_map(|server| {
                match server.as_str().map(url_validation::validate_issuer) {
                    None => Some("has an entry that is not a string".to_owned()),
                    Some(result) => Some(format!("has an entry that {}", result.err()?.what)),
                }
            })?
        }
        SCOPES | "bearer_methods_supported" | "resource_signing_alg_values_supported" => {
            let texts = value
                .as_array()
                .is_some_and(|all| all.iter().all(Value::is_string));
            if texts {
                return None;
            }
            "is not a list of strings".to_owned()
        }
        "resource_documentation" | "resource_policy_uri" | "resource_tos_uri" | "jwks_uri" => {
            match value.as_str().map(url_validation::validate_page_url) {
                None => "is not a string".to_owned(),
                Some(Err(error)) => error.what,
                Some(Ok(())) => return None,
            }
        }
        "resource_name" if !value.is_string() => "is not a string".to_owned(),
        _ => return None,
    };
    Some(member_error(name, &problem))
}

fn member_error(name: &str, problem: &str) -> ConfigError {
    ConfigError {
        what: format!("has a member `{name}` that {problem}"),
        remedy: "fix it as RFC 9728 section 2 requires, or copy the document again".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn derived() -> Map<String, Value> {
        object(json!({
            "resource": "http://localhost:10000/mcp/",
            "authorization_servers": ["https://e.scalekit.dev/resources/res_1"],
            "bearer_methods_supported": ["header"],
            "scopes_supported": ["news:read"],
        }))
    }

    #[test]
    fn what_agrees_is_served_without_a_word() {
        let document = ResourceMetadata::parse("M", &Value::Object(derived()).to_string()).unwrap();
        let merged = document.merge(derived());
        assert_eq!(merged.members, derived());
        assert!(merged.warnings.is_empty(), "{:?}", merged.warnings);
    }

    #[test]
    fn scopes_come_from_the_tools_and_differences_are_reported() {
        let text = json!({"scopes_supported": ["news:write"]}).to_string();
        let merged = ResourceMetadata::parse("M", &text)
            .unwrap()
            .merge(derived());
        assert_eq!(merged.members["scopes_supported"], json!(["news:read"]));
        let told = merged.warnings.join("\n");
        assert!(told.contains("lists the scope \"news:write\""), "{told}");
        assert!(told.contains("lacks the scope \"news:read\""), "{told}");
    }

    #[test]
    fn further_members_are_served_and_false_promises_are_not() {
        let text = json!({
            "resource_policy_uri": "https://e.example/policy",
            "x_custom": {"a": [1]},
            "signed_metadata": "a.b.c",
            "dpop_bound_access_tokens_required": true,
            "tls_client_certificate_bound_access_tokens": false,
            "bearer_methods_supported": ["header", "query"],
        });
        let merged = ResourceMetadata::parse("M", &text.to_string())
            .unwrap()
            .merge(derived());
        assert_eq!(
            merged.members["resource_policy_uri"],
            "https://e.example/policy"
        );
        assert_eq!(merged.members["x_custom"], json!({"a": [1]}));
        assert_eq!(
            merged.members["bearer_methods_supported"],
            json!(["header"])
        );
        assert_eq!(
            merged.members["tls_client_certificate_bound_access_tokens"],
            false
        );
        assert!(!merged.members.contains_key("signed_metadata"));
        assert!(
            !merged
                .members
                .contains_key("dpop_bound_access_tokens_required")
        );
        assert_eq!(merged.warnings.len(), 3, "{:?}", merged.warnings);
    }

    #[test]
    fn a_document_that_is_none_is_refused() {
        for text in [
            "",
            "[]",
            "{resource:http://localhost}",
            r#"{"resource":"https://a.example","resource":"https://b.example"}"#,
            r#"{"resource":1}"#,
            r#"{"resource":"http://a.example/mcp"}"#,
            r#"{"authorization_servers":"https://a.example"}"#,
            r#"{"authorization_servers":[1]}"#,
            r#"{"authorization_servers":["http://a.example"]}"#,
            r#"{"scopes_supported":"a b"}"#,
            r#"{"resource_documentation":"docs"}"#,
            r#"{"resource_name":{}}"#,
        ] {
            assert!(ResourceMetadata::parse("M", text).is_err(), "{text}");
        }
        let both = r#"{"resource":1,"scopes_supported":1}"#;
        assert_eq!(ResourceMetadata::parse("M", both).unwrap_err().len(), 2);
    }
}
