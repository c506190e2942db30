//! An application with rmcp's own client and its OAuth support, and a person to log in.

use rmcp::{
    ClientLifecycleMode, ClientServiceExt, RoleClient, ServiceError,
    model::{CallToolRequestParams, CallToolResult, ClientConfig, ProtocolVersion},
    service::{ClientInitializeError, RunningService},
    transport::{
        AuthClient, AuthorizationManager, AuthorizationRequest, StreamableHttpClientTransport,
        auth::{AuthorizationCallback, OAuthState, WWWAuthenticateParams},
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::{Map, Value};

use crate::{browser::Page, client::Revision, wire::Wire};

/// Where the application waits for the answer to an authorization. Nothing listens there:
/// a test reads the answer from the redirect.
pub const CALLBACK: &str = "http://127.0.0.1:3118/callback";

/// The application.
pub struct Application {
    resource: String,
    revision: Revision,
    wire: Wire,
    auth: AuthClient<Wire>,
    connection: Option<RunningService<RoleClient, ClientConfig>>,
}

impl Application {
    /// One that knows nothing but the URL of the server.
    ///
    /// # Panics
    ///
    /// When the URL is none.
    pub async fn new(resource: String, revision: Revision) -> Self {
        let wire = Wire::default();
        let manager = AuthorizationManager::new(&resource).await;
        Self {
            auth: AuthClient::new(wire.clone(), manager.expect("a URL")),
            resource,
            revision,
            wire,
            connection: None,
        }
    }

    /// What it has sent.
    #[must_use]
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// Connects, with the token if there is one.
    ///
    /// # Errors
    ///
    /// When the server does not let it.
    pub async fn connect(&mut self) -> Result<(), ClientInitializeError> {
        let transport = StreamableHttpClientTransport::with_client(
            self.auth.clone(),
            StreamableHttpClientTransportConfig::with_uri(self.resource.clone()),
        );
        let mut config = ClientConfig::default();
        let lifecycle = match self.revision {
            Revision::Stateless => ClientLifecycleMode::Discover {
                preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            },
            Revision::Session(version) => {
                let version = serde_json::from_value(version.into());
                config.protocol_version = version.expect("a version");
                ClientLifecycleMode::Initialize
            }
        };
        let connection = config.serve_with_lifecycle(transport, lifecycle).await?;
        self.connection = Some(connection);
        Ok(())
    }

    /// Ends the connection as a well-behaved client does.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub async fn disconnect(&mut self) {
        let connection = self.connection.take().expect("it is connected");
        connection.cancel().await.expect("it ends");
    }

    /// Begins to log in with the challenge that the server answered: discovers, registers,
    /// and returns the URL that the person's browser is sent to. `login` goes on.
    ///
    /// # Panics
    ///
    /// When any of it fails.
    pub async fn begin_login(&self, challenge: &str, request: AuthorizationRequest) -> Login {
        let state = OAuthState::new(&self.resource, None).await;
        let mut state = state.expect("a URL");
        let request = request
            .with_client_name("Example application")
            .with_challenge(challenge);
        state
            .start_authorization(request)
            .await
            .expect("discovery and registration succeed");
        let url = state.get_authorization_url().await.expect("a URL");
        Login { state, url }
    }

    /// Ends a login with the page that led back to the application. A connection that
    /// there is goes on, with the token.
    ///
    /// # Panics
    ///
    /// When the code is not exchanged for a token.
    pub async fn end_login(&self, login: Login, answer: &Page) {
        let Login { mut state, .. } = login;
        state
            .handle_callback_url(answer.leads_to())
            .await
            .expect("the code is exchanged");
        let manager = state.into_authorization_manager().expect("authorized");
        *self.auth.auth_manager.lock().await = manager;
    }

    /// Asks for more, because of a challenge; returns the URL for the person's browser.
    ///
    /// # Panics
    ///
    /// When the challenge names no scope, or rmcp does not want to.
    pub async fn begin_step_up(&self, challenge: &str) -> String {
        let base = reqwest::Url::parse(&self.resource).expect("a URL");
        let challenge = WWWAuthenticateParams::parse(challenge, &base);
        assert!(challenge.is_insufficient_scope(), "{challenge:?}");
        let scope = challenge.scope.expect("the scopes that are needed");
        let manager = self.auth.auth_manager.lock().await;
        manager.request_scope_upgrade(&scope).await.expect("a URL")
    }

    /// Ends it with the page that led back to the application. The connection goes on.
    ///
    /// # Panics
    ///
    /// When the code is not exchanged for a token.
    pub async fn end_step_up(&self, answer: &Page) {
        let answer = AuthorizationCallback::from_redirect_url(answer.leads_to()).expect("a code");
        let manager = self.auth.auth_manager.lock().await;
        manager
            .exchange_code_for_token_with_issuer(
                &answer.code,
                &answer.csrf_token,
                answer.issuer.as_deref(),
            )
            .await
            .expect("the code is exchanged");
    }

    /// The scopes that its token has, sorted.
    pub async fn granted(&self) -> Vec<String> {
        let manager = self.auth.auth_manager.lock().await;
        let mut scopes = manager.get_current_scopes().await;
        scopes.sort_unstable();
        scopes
    }

    /// The token that it would send now.
    ///
    /// # Panics
    ///
    /// When it has none.
    pub async fn token(&self) -> String {
        self.auth.get_access_token().await.expect("a token")
    }

    /// The names of the tools that the server lists.
    ///
    /// # Panics
    ///
    /// When it does not list them.
    pub async fn tools(&self) -> Vec<String> {
        let tools = self.connection().list_all_tools().await;
        let tools = tools.expect("the tools are listed").into_iter();
        tools.map(|tool| tool.name.into_owned()).collect()
    }

    /// Calls a tool.
    ///
    /// # Errors
    ///
    /// When the server refuses, or the call has no result.
    pub async fn call(&self, tool: &str, arguments: Value) -> Result<CallToolResult, ServiceError> {
        let arguments: Map<_, _> = serde_json::from_value(arguments).expect("an object");
        let call = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        self.connection().call_tool(call).await
    }

    /// Calls a tool that answers with text.
    ///
    /// # Panics
    ///
    /// When the call fails.
    pub async fn told(&self, tool: &str) -> String {
        let result = self.call(tool, Value::Object(Map::new())).await;
        let result = result.unwrap_or_else(|error| panic!("{tool}: {error:?}"));
        let written = serde_json::to_value(&result).expect("a result is JSON");
        let text = written["content"][0]["text"].as_str();
        text.unwrap_or_else(|| panic!("no text in {written}"))
            .to_owned()
    }

    /// The challenge with which a call of a tool is refused.
    ///
    /// # Panics
    ///
    /// When it is not refused, or without a challenge.
    pub async fn refused(&self, tool: &str) -> String {
        let error = self.call(tool, Value::Object(Map::new())).await;
        let error = error.expect_err("the call is refused");
        let challenge = error.auth_challenge().map(str::to_owned);
        challenge.unwrap_or_else(|| panic!("refused without a challenge: {error:?}"))
    }

    fn connection(&self) -> &RunningService<RoleClient, ClientConfig> {
        self.connection.as_ref().expect("it is connected")
    }
}

/// A login that waits for the person.
pub struct Login {
    state: OAuthState,
    /// Where the person's browser is sent.
    pub url: String,
}
