//! Decisions of a caller on the page of a server (`approve = "…"`).

use serde_json::json;
use toolgate::Caller;

use super::TestCaller;

impl TestCaller<'_> {
    /// Opens each page on which the server asks for an approval, signed in as this caller, and
    /// approves. Requires the feature `approval`.
    ///
    /// A client that answers by itself is a caller with
    /// [`answering`](Self::answering)`(|_, _| json!({"action": "accept"}))`: it gets the request for
    /// the page again, and [`Output::asks_for_approval`](crate::Output::asks_for_approval) is true.
    ///
    /// ```
    /// # use serde_json::json;
    /// # use toolgate::{Server, mcp_tool, tools};
    /// # use toolgate_testing::TestServer;
    /// /// Deletes a list.
    /// #[mcp_tool(scope = "lists:write", approve = "Delete {list}?")]
    /// fn delete(
    ///     /// Its name.
    ///     list: String,
    /// ) -> String {
    ///     format!("deleted {list}")
    /// }
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let server = TestServer::new(Server::new("lists").tools(tools![delete]));
    /// let alice = server.as_caller("alice").with_scopes(["lists:write"]);
    /// let deleted = alice.clone().approving().call("delete", json!({"list": "a"})).await;
    /// assert_eq!(deleted.unwrap().text(), "deleted a");
    ///
    /// let alone = alice.answering(|_, _| json!({"action": "accept"}));
    /// let asked = alone.call("delete", json!({"list": "a"})).await.unwrap();
    /// assert!(asked.asks_for_approval());
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// If the caller is anonymous.
    #[must_use]
    pub fn approving(self) -> Self {
        self.deciding(true)
    }

    /// Like [`approving`](Self::approving), but declines. Requires the feature `approval`.
    ///
    /// # Panics
    ///
    /// If the caller is anonymous.
    #[must_use]
    pub fn declining(self) -> Self {
        self.deciding(false)
    }

    fn deciding(mut self, approves: bool) -> Self {
        let subject = self.token_mut().claims["sub"].as_str().map(str::to_owned);
        let subject = subject.expect("a caller without a subject cannot sign in");
        let issuer = self.server.issuer().trusted().name().to_owned();
        let user = Caller::test(subject).with_claim("iss", issuer);
        let approvals = self.server.approvals();
        self.answering(move |_, asked| {
            let url = asked["params"]["url"].as_str().unwrap_or_default();
            match approvals.decide(url, &user, approves) {
                true => json!({"action": "accept"}),
                false => json!({"action": "cancel"}),
            }
        })
    }
}
