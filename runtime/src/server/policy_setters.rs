//! The settings of a server and of a gate that are about their decision point.

use crate::policy::PolicyDecisionPoint;

use super::{HandlerGateBuilder, Server};

impl<S: Clone + Send + Sync + 'static> Server<S> {
    /// Asks a policy engine about each operation, after the scopes, the roles, the sign-in and the
    /// item's own `authorize` function. It can only deny. See [`policy`](crate::policy).
    ///
    /// Lists show only what it allows. A call that it denies is a 403 without a challenge, because
    /// another token changes nothing. If it does not answer, the request is refused with a 503.
    ///
    /// It is also asked without a token (open handshake, public items); then there are no claims.
    pub fn with_decision_point(mut self, point: impl PolicyDecisionPoint) -> Self {
        self.policy.decision_point.set(point);
        self
    }

    /// Passes these arguments of a tool or a prompt to the decision point. By default it gets none,
    /// because arguments are the data of users. The item must have the arguments.
    ///
    /// ```
    /// # use toolgate::{Server, mcp_tool, tools};
    /// /// Pays an invoice.
    /// #[mcp_tool(scope = "invoices:pay")]
    /// fn pay(
    ///     /// The number of the invoice.
    ///     invoice: u32,
    ///     /// A note for the bank.
    ///     note: String,
    /// ) {
    /// }
    ///
    /// let server = Server::new("invoices").tools(tools![pay]);
    /// let server = server.with_policy_arguments("pay", ["invoice"]);
    /// ```
    pub fn with_policy_arguments<T: Into<String>>(
        mut self,
        item: impl Into<String>,
        arguments: impl IntoIterator<Item = T>,
    ) -> Self {
        self.policy.decision_point.add_arguments(item, arguments);
        self
    }
}

impl HandlerGateBuilder {
    /// As [`Server::with_decision_point`](crate::Server::with_decision_point). An update of a
    /// resource that the handler sends is not decided on again: the handler decides whom it
    /// notifies.
    pub fn with_decision_point(mut self, point: impl PolicyDecisionPoint) -> Self {
        self.policy.decision_point.set(point);
        self
    }

    /// As [`Server::with_policy_arguments`](crate::Server::with_policy_arguments).
    pub fn with_policy_arguments<T: Into<String>>(
        mut self,
        item: impl Into<String>,
        arguments: impl IntoIterator<Item = T>,
    ) -> Self {
        self.policy.decision_point.add_arguments(item, arguments);
        self
    }
}
