//! The limits of what a server answers, and the forms that it sends.

use schemars::JsonSchema;

use crate::{item::check_form, tool::DEFAULT_RESULT_SIZE};

use super::Server;

/// The limits of answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct AnswerLimits {
    /// How many bytes the result of a tool may have.
    pub(super) result_bytes: usize,
    /// How many items one page of a list has at most.
    pub(super) page_items: usize,
}

impl Default for AnswerLimits {
    fn default() -> Self {
        Self {
            result_bytes: DEFAULT_RESULT_SIZE,
            page_items: 1_000,
        }
    }
}

impl<S: Clone + Send + Sync + 'static> Server<S> {
    /// Sets how many bytes the result of a tool may have as JSON: 4 MiB by default. The client
    /// gets a tool error instead of a larger result. `usize::MAX` removes the limit.
    ///
    /// ```
    /// # let server = toolgate::Server::new("todo");
    /// let server = server.with_result_limit(256 * 1024);
    /// ```
    pub fn with_result_limit(mut self, bytes: usize) -> Self {
        self.limits.result_bytes = bytes;
        self
    }

    /// Sets how many tools, prompts, resources or templates one page of a list has: 1,000 by
    /// default. A client requests the next page with the `nextCursor` of the last one. Some
    /// clients read only the first page. A size of 0 is an error at start-up.
    ///
    /// ```
    /// # let server = toolgate::Server::new("todo");
    /// let server = server.with_page_size(100);
    /// ```
    pub fn with_page_size(mut self, items: usize) -> Self {
        self.limits.page_items = items;
        self
    }

    /// Registers the type of a form, for [`InputRequired::form`](crate::InputRequired::form). A
    /// field that no form can hold is then an error at start-up instead of an error of each call.
    ///
    /// ```
    /// use schemars::JsonSchema;
    ///
    /// #[derive(JsonSchema)]
    /// struct Address {
    ///     /// Street and number.
    ///     street: String,
    ///     /// Floor, if any.
    ///     floor: Option<String>,
    /// }
    ///
    /// let server = toolgate::Server::new("orders").form::<Address>();
    /// ```
    pub fn form<A: JsonSchema>(mut self) -> Self {
        self.sets.forms.push(check_form::<A>);
        self
    }
}
