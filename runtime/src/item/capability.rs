//! What a client can be asked for, by the capabilities that it declares.
//!
//! In revision 2026-07-28 each request declares them; in a session its first request does.
//! A server must not rely on one that is not declared, and has an error for that of its
//! own, `MissingRequiredClientCapability` (-32021).

use rmcp::model::{
    ClientCapabilities, FormElicitationCapability, JsonObject, UrlElicitationCapability,
};

/// Something that a client can be asked for, named as the protocol names it.
///
/// What a tool asks for in a [`Round`](crate::Round) is checked without a word. This is for
/// a tool that does one thing or another as its client can, or that is of no use to a
/// client which cannot: `client_capabilities = ["sampling"]` in the attribute, or
/// [`Round::require`](crate::Round::require) and [`Context::require`](crate::Context::require).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientCapability {
    /// Its person fills in a form: `elicitation`.
    Elicitation,
    /// Its person goes to a page: `elicitation.url`.
    ElicitationUrl,
    /// Its model answers: `sampling`.
    Sampling,
    /// Its model answers and may use tools for that: `sampling.tools`.
    SamplingTools,
    /// Its model answers, knowing what other servers have told it: `sampling.context`.
    SamplingContext,
    /// It tells which folders it works on: `roots`.
    Roots,
}

impl ClientCapability {
    /// Its name in the protocol, and in the attributes.
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

    /// Whether a client has declared it. One that declares nothing cannot be asked.
    pub(crate) fn is_among(self, declared: Option<&ClientCapabilities>) -> bool {
        let Some(declared) = declared else {
            return false;
        };
        let elicitation = declared.elicitation.as_ref();
        let sampling = declared.sampling.as_ref();
        match self {
            // An empty object means forms, as before there were pages.
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

    /// Adds it to what a client is told that it must declare.
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

/// Capabilities that something needs and its client has not declared; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MissingCapabilities(Vec<ClientCapability>);

impl MissingCapabilities {
    /// Those of some that a client has not declared.
    pub(crate) fn of(
        needed: &[ClientCapability],
        declared: Option<&ClientCapabilities>,
    ) -> Result<(), Self> {
        let mut lacking = Vec::new();
        for &capability in needed {
            if !capability.is_among(declared) && !lacking.contains(&capability) {
                lacking.push(capability);
            }
        }
        match lacking.is_empty() {
            true => Ok(()),
            false => Err(Self(lacking)),
        }
    }

    /// As the protocol's error names them.
    pub(crate) fn required(&self) -> ClientCapabilities {
        let mut required = ClientCapabilities::default();
        for capability in &self.0 {
            capability.add_to(&mut required);
        }
        required
    }

    /// What the caller is told.
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
    fn what_is_not_declared_is_lacking() {
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
    fn an_error_names_all_that_is_lacking_and_nothing_else() {
        let client = declared(json!({"elicitation": {}}));
        let lack = MissingCapabilities::of(&ALL, Some(&client)).unwrap_err();
        assert_eq!(
            serde_json::to_value(lack.required()).unwrap(),
            json!({"elicitation": {"url": {}}, "sampling": {"tools": {}, "context": {}}, "roots": {}})
        );
        let told = lack.message();
        assert!(told.contains("`elicitation.url`, `sampling`"), "{told}");
        let lack = MissingCapabilities::of(
            &[ClientCapability::Sampling, ClientCapability::Sampling],
            None,
        )
        .unwrap_err();
        assert_eq!(
            serde_json::to_value(lack.required()).unwrap(),
            json!({"sampling": {}})
        );
        assert_eq!(
            MissingCapabilities::of(&[ClientCapability::Elicitation], Some(&client)),
            Ok(())
        );
        assert_eq!(MissingCapabilities::of(&[], None), Ok(()));
    }

    #[test]
    fn what_an_error_asks_for_is_what_is_enough() {
        for capability in ALL {
            let lack = MissingCapabilities::of(&[capability], None).unwrap_err();
            let required = declared(serde_json::to_value(lack.required()).unwrap());
            assert!(capability.is_among(Some(&required)), "{capability:?}");
        }
    }
}
