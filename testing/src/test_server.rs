//! [`TestServer`]: a server behind its real gate, in memory.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    http::{Request, Response},
};
use tokio::net::TcpListener;
use toolgate::{
    AccessTable, Config, Server,
    auth::{Clock as _, Explanation},
};
use tower::ServiceExt;

use crate::{SigningKey, TestCaller, TestClock, TestIssuer};

/// The resource of a server under test, and the audience of its tokens.
const RESOURCE: &str = "https://server.test/mcp";

/// A server under test. Requests pass its real gate, without a socket.
#[derive(Debug)]
pub struct TestServer {
    router: Router,
    resource: String,
    issuer: TestIssuer,
    foreign_key: SigningKey,
    clock: TestClock,
    access: Option<AccessTable>,
    /// What the server was built with.
    config: Config,
}

impl TestServer {
    /// Assembles a server whose only issuer is in memory. The server gets a [`TestClock`].
    ///
    /// Call it within a tokio runtime.
    ///
    /// # Panics
    ///
    /// If the server does not start, with its errors.
    pub fn new<S: Clone + Send + Sync + 'static>(server: Server<S>) -> Self {
        Self::with_issuer(server, TestIssuer::in_memory())
    }

    /// Like [`new`](Self::new), with an issuer of your own, for example one on loopback.
    ///
    /// # Panics
    ///
    /// If the server does not start, with its errors.
    pub fn with_issuer<S: Clone + Send + Sync + 'static>(
        server: Server<S>,
        issuer: TestIssuer,
    ) -> Self {
        let access = server.access_table();
        let clock = TestClock::default();
        let server = server.with_clock(clock.clone()).without_banner();
        let config = config(&issuer);
        let router = server
            .into_router(config.clone())
            .unwrap_or_else(|error| panic!("the server does not start: {error}"));
        let mut tested = Self::of_router(issuer, config, router);
        tested.clock = clock;
        tested.access = Some(access);
        tested
    }

    /// Assembles any application around one MCP endpoint: a
    /// [`HandlerGate`](toolgate::gate::HandlerGate), or your own router with its own layers. The
    /// configuration names the resource and the issuer of the test.
    ///
    /// Its clock is the system's. Use `with_clock` of your server, and a [`TestClock`] of your own.
    ///
    /// ```
    /// # use toolgate::{Server, mcp_tool, tools};
    /// # use toolgate_testing::{TestIssuer, TestServer};
    /// # /// Answers.
    /// # #[mcp_tool(public)]
    /// # fn ping() -> &'static str { "pong" }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let server = TestServer::around(TestIssuer::in_memory(), async |config| {
    ///     let mcp = Server::new("pinger").tools(tools![ping]).into_router(config);
    ///     axum::Router::new().merge(mcp.expect("it starts"))
    /// }).await;
    /// let pong = server.anonymous().call("ping", serde_json::json!({})).await;
    /// assert_eq!(pong.unwrap().text(), "pong");
    /// # });
    /// ```
    pub async fn around(issuer: TestIssuer, app: impl AsyncFnOnce(Config) -> Router) -> Self {
        let config = config(&issuer);
        let router = app(config.clone()).await;
        Self::of_router(issuer, config, router)
    }

    /// Declares who may use what in an application of your own, for
    /// [`assert_access`](crate::assert_access) and [`explain`](Self::explain): the
    /// [`HandlerGate::access_table`](toolgate::gate::HandlerGate::access_table) of its gate.
    #[must_use]
    pub fn with_access(mut self, access: AccessTable) -> Self {
        self.access = Some(access);
        self
    }

    fn of_router(issuer: TestIssuer, config: Config, router: Router) -> Self {
        Self {
            router,
            resource: RESOURCE.to_owned(),
            issuer,
            foreign_key: SigningKey::p256("foreign"),
            clock: TestClock::default(),
            access: None,
            config,
        }
    }

    /// Returns a caller with a valid token for this subject, without scopes.
    #[must_use]
    pub fn as_caller(&self, subject: &str) -> TestCaller<'_> {
        TestCaller::new(self, Some(subject))
    }

    /// Returns a caller without a token.
    #[must_use]
    pub fn anonymous(&self) -> TestCaller<'_> {
        TestCaller::new(self, None)
    }

    /// Returns the resource: the audience of its tokens.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// Returns the clock of the server.
    #[must_use]
    pub fn clock(&self) -> &TestClock {
        &self.clock
    }

    /// Returns the issuer.
    #[must_use]
    pub fn issuer(&self) -> &TestIssuer {
        &self.issuer
    }

    /// Returns the issuer, to rotate its key or to take it down.
    #[must_use]
    pub fn issuer_mut(&mut self) -> &mut TestIssuer {
        &mut self.issuer
    }

    /// Returns who may use which item, or `None` for an application of your own
    /// without [`with_access`](Self::with_access).
    #[must_use]
    pub fn access(&self) -> Option<&AccessTable> {
        self.access.as_ref()
    }

    /// Explains whether a caller may use an item now, and which check denies it: scopes, roles, the
    /// sign-in. `item` is the name of a tool or a prompt, or the URI of a resource as its author
    /// wrote it; if several items have the name, write the kind before it: `tool report`.
    ///
    /// Nothing is called. The signature of the token is not checked, and neither `authorize` nor a
    /// confirmation is asked: these steps are marked as not evaluated. An application of your own
    /// needs [`with_access`](Self::with_access).
    ///
    /// ```
    /// # use toolgate::{Server, mcp_tool, tools};
    /// # use toolgate_testing::TestServer;
    /// /// Publishes an article.
    /// #[mcp_tool(scope = "articles:write", role = "editor")]
    /// fn publish() {}
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let server = TestServer::new(Server::new("articles").tools(tools![publish]));
    /// let alice = server.as_caller("alice").with_scopes(["articles:write"]);
    /// let explained = server.explain(&alice, "publish");
    /// assert!(!explained.allows());
    /// assert_eq!(
    ///     explained.to_string(),
    ///     "tool publish\n\
    ///      allows  token: its issuer, audience and times are right\n\
    ///      open    signature: not checked\n\
    ///      allows  scope: the token has articles:write\n\
    ///      denies  role: the token has no role editor\n",
    /// );
    /// assert!(server.explain(&alice.with_roles(["editor"]), "publish").allows());
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// If there is no such item, if several items have the name, or if it is not declared who may
    /// use what in an application of your own.
    #[must_use]
    pub fn explain(&self, caller: &TestCaller<'_>, item: &str) -> Explanation {
        self.explain_token(&caller.token().unwrap_or_default(), item)
    }

    /// As [`explain`](Self::explain), for the text of a token, such as a
    /// [`TokenBuilder`](crate::TokenBuilder) builds. An empty text is a request without a token.
    ///
    /// # Panics
    ///
    /// As [`explain`](Self::explain).
    #[must_use]
    pub fn explain_token(&self, token: &str, item: &str) -> Explanation {
        let access = self.access.as_ref();
        let access = access.expect("it is declared who may use what: use `with_access`");
        access
            .explain_token(&self.config, token, item, self.clock.now())
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Sends any HTTP request to the server.
    pub async fn send(&self, request: Request<Body>) -> Response<Body> {
        match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// Serves the same server on a free port of the loopback interface too, and returns its
    /// origin. A request there needs `Host: server.test`, the host of the resource.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    pub async fn listen(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let app = self.router.clone();
        tokio::spawn(async move {
            // Ends with the runtime of the test.
            let _ = axum::serve(listener, app).await;
        });
        format!("http://{address}")
    }

    #[cfg(feature = "approval")]
    pub(crate) fn approvals(&self) -> toolgate::auth::TestApprovals {
        self.config.test_approvals()
    }

    pub(crate) fn foreign_key(&self) -> &SigningKey {
        &self.foreign_key
    }
}

/// Returns the configuration of a server under test. No test waits for a decision on a page.
fn config(issuer: &TestIssuer) -> Config {
    Config::new(RESOURCE)
        .with_issuer(issuer.trusted())
        .with_approval_wait(Duration::ZERO)
}
