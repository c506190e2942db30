//! [`Output`]: the result of a request that was not denied.

use serde::de::DeserializeOwned;
use serde_json::Value;
use toolgate::auth::{DenialReason, Remedy};

/// The result of a request that ran, as JSON. A tool's own failure (`isError: true`) is a result,
/// too.
#[derive(Debug, Clone, PartialEq)]
pub struct Output(pub(crate) Value);

impl Output {
    /// Returns the result as the protocol defines it for the method.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// Returns whether a tool ran and failed, or did not accept its arguments.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.0["isError"] == true
    }

    /// Returns whether the server asks for the page of an approval (`approve = "…"`), because its user
    /// has not decided there.
    #[must_use]
    pub fn asks_for_approval(&self) -> bool {
        self.0["inputRequests"]["approve"].is_object()
    }

    /// Returns the stable code of a denial that came after the tool had sent a message, or that
    /// [`denials_as_tool_results`](toolgate::Server::denials_as_tool_results) selects. Every
    /// other denial is a [`Denial`](crate::Denial).
    #[must_use]
    pub fn denial_reason(&self) -> Option<DenialReason> {
        DenialReason::from_code(self.denial()["reason"].as_str()?)
    }

    /// Returns what would help after such a denial.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        Remedy::from_action(self.denial()["remedy"]["action"].as_str()?)
    }

    fn denial(&self) -> &Value {
        &self.0["_meta"]["toolgate/denial"]
    }

    /// Returns the text: of a tool's content, of a resource's contents, or of a prompt's
    /// messages, all parts in order.
    #[must_use]
    pub fn text(&self) -> String {
        let parts = ["content", "contents", "messages"];
        let parts = parts.iter().filter_map(|name| self.0[*name].as_array());
        let texts = parts.flatten().filter_map(|part| {
            let text = part.get("text").or_else(|| part["content"].get("text"));
            text.and_then(Value::as_str)
        });
        texts.collect()
    }

    /// Returns the structured content of a tool as a type.
    ///
    /// # Panics
    ///
    /// If there is none, or if it is not a `T`.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_value(self.0["structuredContent"].clone())
            .unwrap_or_else(|error| panic!("{error}: {}", self.0))
    }
}
