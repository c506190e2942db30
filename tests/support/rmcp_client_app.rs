//! An application with rmcp's own client and its OAuth support, and a user who logs in.

use std::sync::Arc;

use rmcp::{
    ClientHandler, ClientLifecycleMode, ClientServiceExt, ErrorData, RoleClient, ServiceError,
    model::{
        CallToolRequestParams, CallToolResult, ClientConfig, ElicitRequestParams, ElicitResult,
        ElicitationAction, ElicitationCapability, ProtocolVersion, UrlElicitationCapability,
    },
    service::{ClientInitializeError, RequestContext, RunningService},
    transport::{
        AuthClient, AuthorizationManager, AuthorizationRequest, StreamableHttpClientTransport,
        auth::{AuthorizationCallback, OAuthState, WWWAuthenticateParams},
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::{Map, Value};

use crate::{client::Revision, recording_http_client::RecordingClient, simulated_browser::Page};

/// The redirect URI of the application. Nothing listens there: a test reads the response from
/// the redirect.
pub const CALLBACK: &str = "http://127.0.0.1:3118/callback";

/// The application.
pub struct RmcpClientApp {
    resource: String,
    revision: Revision,
    wire: RecordingClient,
    auth: AuthClient<RecordingClient>,
    connection: Option<RunningService<RoleClient, Handler>>,
    opens_page: Option<OpensPage>,
}

/// Opens a page for the user.
type OpensPage = Arc<dyn Fn(&str) + Send + Sync>;

/// The application's side of a connection.
struct Handler {
    config: ClientConfig,
    opens_page: Option<OpensPage>,
}

impl ClientHandler for Handler {
    fn get_info(&self) -> ClientConfig {
        self.config.clone()
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let action = match (request, &self.opens_page) {
            (ElicitRequestParams::UrlElicitationParams { url, .. }, Some(open)) => {
                open(&url);
                ElicitationAction::Accept
            }
            _ => ElicitationAction::Decline,
        };
        Ok(ElicitResult::new(action))
    }
}

impl RmcpClientApp {
    /// Creates an application that knows only the URL of the server.
    ///
    /// # Panics
    ///
    /// If the URL is invalid.
    pub async fn new(resource: String, revision: Revision) -> Self {
        let wire = RecordingClient::default();
        let manager = AuthorizationManager::new(&resource).await;
        Self {
            auth: AuthClient::new(wire.clone(), manager.expect("a URL")),
            resource,
            revision,
            wire,
            connection: None,
            opens_page: None,
        }
    }

    /// Lets the application open pages for its user, and declares that.
    #[must_use]
    pub fn opening_pages(mut self, open: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.opens_page = Some(Arc::new(open));
        self
    }

    /// Returns what it has sent.
    #[must_use]
    pub fn wire(&self) -> &RecordingClient {
        &self.wire
    }

    /// Connects, with the token if there is one.
    ///
    /// # Errors
    ///
    /// If the server refuses.
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
        if self.opens_page.is_some() {
            let mut elicitation = ElicitationCapability::default();
            elicitation.url = Some(UrlElicitationCapability::default());
            config.capabilities.elicitation = Some(elicitation);
        }
        let handler = Handler {
            config,
            opens_page: self.opens_page.clone(),
        };
        let connection = handler.serve_with_lifecycle(transport, lifecycle).await?;
        self.connection = Some(connection);
        Ok(())
    }

    /// Closes the connection as a well-behaved client does.
    ///
    /// # Panics
    ///
    /// If there is no connection.
    pub async fn disconnect(&mut self) {
        let connection = self.connection.take().expect("it is connected");
        connection.cancel().await.expect("it ends");
    }

    /// Starts a login from the server's challenge: discovers, registers, and returns the URL
    /// for the user's browser. `login` continues it.
    ///
    /// # Panics
    ///
    /// If any step fails.
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

    /// Completes a login with the page that redirected to the application. An open connection
    /// continues with the token.
    ///
    /// # Panics
    ///
    /// If the code cannot be exchanged for a token.
    pub async fn end_login(&self, login: Login, answer: &Page) {
        let Login { mut state, .. } = login;
        state
            .handle_callback_url(answer.leads_to())
            .await
            .expect("the code is exchanged");
        let manager = state.into_authorization_manager().expect("authorized");
        *self.auth.auth_manager.lock().await = manager;
    }

    /// Starts a step-up from a challenge. Returns the URL for the user's browser.
    ///
    /// # Panics
    ///
    /// If the challenge names no scope, or rmcp refuses.
    pub async fn begin_step_up(&self, challenge: &str) -> String {
        let base = reqwest::Url::parse(&self.resource).expect("a URL");
        let challenge = WWWAuthenticateParams::parse(challenge, &base);
        assert!(challenge.is_insufficient_scope(), "{challenge:?}");
        let scope = challenge.scope.expect("the scopes that are needed");
        let manager = self.auth.auth_manager.lock().await;
        manager.request_scope_upgrade(&scope).await.expect("a URL")
    }

    /// Completes the step-up with the page that redirected to the application. The connection
    /// continues.
    ///
    /// # Panics
    ///
    /// If the code cannot be exchanged for a token.
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

    /// Returns the scopes of its token, sorted.
    pub async fn granted(&self) -> Vec<String> {
        let manager = self.auth.auth_manager.lock().await;
        let mut scopes = manager.get_current_scopes().await;
        scopes.sort_unstable();
        scopes
    }

    /// Returns the current token.
    ///
    /// # Panics
    ///
    /// If it has none.
    pub async fn token(&self) -> String {
        self.auth.get_access_token().await.expect("a token")
    }

    /// Returns the names of the tools that the server lists.
    ///
    /// # Panics
    ///
    /// If the request fails.
    pub async fn tools(&self) -> Vec<String> {
        let tools = self.connection().list_all_tools().await;
        let tools = tools.expect("the tools are listed").into_iter();
        tools.map(|tool| tool.name.into_owned()).collect()
    }

    /// Calls a tool.
    ///
    /// # Errors
    ///
    /// If the server refuses, or the call has no result.
    pub async fn call(&self, tool: &str, arguments: Value) -> Result<CallToolResult, ServiceError> {
        let arguments: Map<_, _> = serde_json::from_value(arguments).expect("an object");
        let call = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        self.connection().call_tool(call).await
    }

    /// Calls a tool that returns text.
    ///
    /// # Panics
    ///
    /// If the call fails.
    pub async fn call_text(&self, tool: &str) -> String {
        let result = self.call(tool, Value::Object(Map::new())).await;
        let result = result.unwrap_or_else(|error| panic!("{tool}: {error:?}"));
        let written = serde_json::to_value(&result).expect("a result is JSON");
        let text = written["content"][0]["text"].as_str();
        text.unwrap_or_else(|| panic!("no text in {written}"))
            .to_owned()
    }

    /// Returns the challenge of a refused tool call.
    ///
    /// # Panics
    ///
    /// If it is not refused, or has no challenge.
    pub async fn refused(&self, tool: &str) -> String {
        let error = self.call(tool, Value::Object(Map::new())).await;
        let error = error.expect_err("the call is refused");
        let challenge = error.auth_challenge().map(str::to_owned);
        challenge.unwrap_or_else(|| panic!("refused without a challenge: {error:?}"))
    }

    fn connection(&self) -> &RunningService<RoleClient, Handler> {
        self.connection.as_ref().expect("it is connected")
    }
}

/// A login that waits for the user.
pub struct Login {
    state: OAuthState,
    /// The URL for the user's browser.
    pub url: String,
}
