//! The protected resource metadata document (RFC 9728 §2), built once.

use serde_json::{Map, Value, json};

/// The values of the document.
#[derive(Debug, Clone)]
pub(crate) struct Metadata<'a> {
    /// The URI of the resource, exactly as clients must send it.
    pub(crate) resource: &'a str,
    /// The issuers, exactly as each names itself. Clients use the first.
    pub(crate) authorization_servers: &'a [String],
    /// The scopes of the registered tools, sorted, as clients have to request them.
    pub(crate) scopes_supported: Vec<String>,
    /// The URL of the documentation page.
    pub(crate) resource_documentation: &'a str,
    /// The server's name.
    pub(crate) resource_name: &'a str,
    /// The algorithms of DPoP proofs; empty if bound tokens are refused (RFC 9449).
    pub(crate) dpop_algorithms: Vec<&'static str>,
    /// Whether only bound tokens are accepted.
    pub(crate) dpop_required: bool,
}

impl Metadata<'_> {
    /// Builds the members of the document.
    pub(crate) fn document(&self) -> Map<String, Value> {
        let mut document = Map::new();
        let mut set = |name: &str, value: Value| document.insert(name.to_owned(), value);
        set("resource", self.resource.into());
        set("bearer_methods_supported", json!(["header"]));
        set("resource_documentation", self.resource_documentation.into());
        set("resource_name", self.resource_name.into());
        // An empty list would mean that there are none; an absent member makes no statement.
        if !self.authorization_servers.is_empty() {
            set("authorization_servers", json!(self.authorization_servers));
        }
        if !self.scopes_supported.is_empty() {
            set("scopes_supported", json!(self.scopes_supported));
        }
        if !self.dpop_algorithms.is_empty() {
            set(
                "dpop_signing_alg_values_supported",
                json!(self.dpop_algorithms),
            );
        }
        if self.dpop_required {
            set("dpop_bound_access_tokens_required", json!(true));
        }
        document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(issuers: &[String]) -> Metadata<'_> {
        Metadata {
            resource: "https://api.example/mcp",
            authorization_servers: issuers,
            scopes_supported: vec!["a".to_owned(), "b".to_owned()],
            resource_documentation: "https://api.example/docs",
            resource_name: "news",
            dpop_algorithms: Vec::new(),
            dpop_required: false,
        }
    }

    #[test]
    fn the_document_has_what_clients_need() {
        let issuers = ["https://issuer.example".to_owned()];
        assert_eq!(
            Value::Object(metadata(&issuers).document()),
            json!({
                "resource": "https://api.example/mcp",
                "authorization_servers": ["https://issuer.example"],
                "scopes_supported": ["a", "b"],
                "bearer_methods_supported": ["header"],
                "resource_documentation": "https://api.example/docs",
                "resource_name": "news",
            })
        );
    }

    #[test]
    fn a_client_learns_how_to_prove_its_key_and_that_it_must() {
        let bound = Metadata {
            dpop_algorithms: vec!["ES256"],
            dpop_required: true,
            ..metadata(&[])
        };
        let document = bound.document();
        assert_eq!(
            document["dpop_signing_alg_values_supported"],
            json!(["ES256"])
        );
        assert_eq!(document["dpop_bound_access_tokens_required"], true);
    }

    #[test]
    fn nothing_is_listed_rather_than_an_empty_list() {
        let bare = Metadata {
            scopes_supported: Vec::new(),
            ..metadata(&[])
        };
        let document = bare.document();
        assert!(!document.contains_key("scopes_supported"));
        assert!(!document.contains_key("authorization_servers"));
    }
}
