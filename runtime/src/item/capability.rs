//! The capabilities that a client declares.
//!
//! In revision 2026-07-28 each request declares them; in a session the first request does. A
//! server must not rely on a capability that is not declared. The protocol has an error for
//! that, `MissingRequiredClientCapability` (-32021).

use rmcp::model::{
    ClientCapabilities, FormElicitationCapability, JsonObject, UrlElicitationCapability,
};

/// A capability of a client, named as in the protocol.
///
/// Capabilities that a tool uses in a [`Round`](crate::Round) are checked automatically. Use
/// this for a tool that works differently with different clients, or that is useless without
/// the capability: `client_capabilities = ["sampling"]` in the attribute, or
/// [`Round::require`](crate::Round::require) and [`Context::require`](crate::Context::require).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientCapability {
    /// The user fills in a form: `elicitation`.
    Elicitation,
    /// The user visits a page: `elicitation.url`.
    ElicitationUrl,
    /// The model answers a prompt: `sampling`.
    Sampling,
    /// The model answers a prompt and may use tools: `sampling.tools`.
    SamplingTools,
    /// The model answers a prompt with the context of other servers: `sampling.context`.
    SamplingContext,
    /// The client lists the folders that it works on: `roots`.
    Roots,
}

impl ClientCapability {
    /// Returns its name in the protocol and in the attributes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Elicitation => "elicitation",
            Self::ElicitationUrl => "elicitation.url",
            Self::Sampling => "sampling",
            Self::SamplingTools => "sampling.tools",
            Self::SamplingContext => "sampling.context",
            Self::Roots => "roots",
        }
    }

    /// Returns whether a client has declared it.
    pub(crate) fn is_among(self, declared: Option<&ClientCapabilities>) -> bool {
        let Some(declared) = declared else {
            return false;
        };
        let elicitation = declared.elicitation.as_ref();
        let sampling = declared.sampling.as_ref();
        match self {
            // An empty object means forms: earlier revisions had no pages.
            Self::Elicitation => {
                elicitation.is_some_and(|by| by.form.is_some() || by.url.is_none())
            }
            Self::ElicitationUrl => elicitation.is_some_and(|by| by.url.is_some()),
            Self::Sampling => sampling.is_some(),
            Self::SamplingTools => sampling.is_some_and(|by| by.tools.is_some()),
            Self::SamplingContext => sampling.is_some_and(|by| by.context.is_some()),
            Self::Roots => declared.roots.is_some(),
        }
    }

    /// Adds it to the capabilities that a client must declare.
    fn add_to(self, required: &mut ClientCapabilities) {
        match self {
            Self::Elicitation => {
                let by = required.elicitation.get_or_insert_default();
                by.form = Some(FormElicitationCapability::new());
            }
            Self::ElicitationUrl => {
                let by = required.elicitation.get_or_insert_default();
                by.url = Some(UrlElicitationCapability::new());
            }
            Self::Sampling => {
                required.sampling.get_or_insert_default();
            }
            Self::SamplingTools => {
                let by = required.sampling.get_or_insert_default();
                by.tools = Some(JsonObject::new());
            }
            Self::SamplingContext => {
                let by = required.sampling.get_or_insert_default();
                by.context = Some(JsonObject::new());
            }
            Self::Roots => {
                required.roots.get_or_insert_default();
            }
        }
    }
}

/// Capabilities that are needed and that the client has not declared; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MissingCapabilities(Vec<ClientCapability>);

impl MissingCapabilities {
    /// Checks that a client has declared the needed capabilities.
    ///
    /// # Errors
    ///
    /// Returns the capabilities that it has not declared.
    pub(crate) fn check(
        needed: &[ClientCapability],
        declared: Option<&ClientCapabilities>,
    ) -> Result<(), Self> {
        let mut missing = Vec::new();
        for &capability in needed {
            if !capability.is_among(declared) && !missing.contains(&capability) {
                missing.push(capability);
            }
        }
        match missing.is_empty() {
            true => Ok(()),
            false => Err(Self(missing)),
        }
    }

    /// Returns them as the protocol's error names them.
    pub(crate) fn required(&self) -> ClientCapabilities {
        let mut required = ClientCapabilities::default();
        for capability in &self.0 {
            capability.add_to(&mut required);
        }
        required
    }

    /// Returns the message for the client.
    pub(crate) fn message(&self) -> String {
        let names: Vec<_> = self
            .0
            .iter()
            .map(|one| format!("`{}`", one.name()))
            .collect();
        let names = names.join(", ");
        let noun = match self.0.len() {
            1 => "the capability",
            _ => "the capabilities",
        };
        format!(
            "this needs {noun} {names} of your client, which neither its session nor this request declares"
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ALL: [ClientCapability; 6] = [
        ClientCapability::Elicitation,
        ClientCapability::ElicitationUrl,
        ClientCapability::Sampling,
        ClientCapability::SamplingTools,
        ClientCapability::SamplingContext,
        ClientCapability::Roots,
    ];

    fn declared(value: Value) -> ClientCapabilities {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_is_not_declared_is_missing() {
        for (by, can) in [
            (json!({}), vec![]),
            (json!({"elicitation": {}}), vec![0]),
            (json!({"elicitation": {"form": {}}}), vec![0]),
            (json!({"elicitation": {"url": {}}}), vec![1]),
            (json!({"elicitation": {"form": {}, "url": {}}}), vec![0, 1]),
            (json!({"sampling": {}}), vec![2]),
            (json!({"sampling": {"tools": {}}}), vec![2, 3]),
            (json!({"sampling": {"context": {}}}), vec![2, 4]),
            (json!({"roots": {"listChanged": true}}), vec![5]),
            (json!({"experimental": {"sampling": {}}}), vec![]),
        ] {
            let client = declared(by.clone());
            let found: Vec<_> = (0..ALL.len())
                .filter(|&at| ALL[at].is_among(Some(&client)))
                .collect();
            assert_eq!(found, can, "{by}");
        }
        assert!(ALL.iter().all(|one| !one.is_among(None)));
    }

    #[test]
    fn an_error_names_all_that_is_missing_and_nothing_else() {
        let client = declared(json!({"elicitation": {}}));
        let lack = MissingCapabilities::check(&ALL, Some(&client)).unwrap_err();
        assert_eq!(
            serde_json::to_value(lack.required()).unwrap(),
            json!({"elicitation": {"url": {}}, "sampling": {"tools": {}, "context": {}}, "roots": {}})
        );
        let message = lack.message();
        assert!(
            message.contains("`elicitation.url`, `sampling`"),
            "{message}"
        );
        let lack = MissingCapabilities::check(
            &[ClientCapability::Sampling, ClientCapability::Sampling],
            None,
        )
        .unwrap_err();
        assert_eq!(
            serde_json::to_value(lack.required()).unwrap(),
            json!({"sampling": {}})
        );
        assert_eq!(
            MissingCapabilities::check(&[ClientCapability::Elicitation], Some(&client)),
            Ok(())
        );
        assert_eq!(MissingCapabilities::check(&[], None), Ok(()));
    }

    #[test]
    fn what_an_error_asks_for_is_what_is_enough() {
        for capability in ALL {
            let lack = MissingCapabilities::check(&[capability], None).unwrap_err();
            let required = declared(serde_json::to_value(lack.required()).unwrap());
            assert!(capability.is_among(Some(&required)), "{capability:?}");
        }
    }
}
