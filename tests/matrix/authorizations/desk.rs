//! A server, and a handler behind a gate, with an item of each kind whose function decides as the
//! test says.

use std::sync::{Arc, Mutex};

use axum::Router;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams,
        CompleteResult, GetPromptRequestParams, GetPromptResponse, GetPromptResult,
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
        PaginatedRequestParams, Prompt, ReadResourceRequestParams, ReadResourceResponse,
        ReadResourceResult, Resource, ResourceTemplate, ServerCapabilities, ServerConfig,
        SubscribeRequestParams, SubscriptionFilter, Tool,
    },
    service::{RequestContext, SubscriptionContext},
    transport::streamable_http_server::StreamableHttpService,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Map;
use toolgate::{
    Caller, Changes, Config, Context, Reply, Round, Scope, Server, State, ToolError, access,
    auth::AuthorizeError,
    gate::{HandlerCall, HandlerGate, HandlerGateBuilder, Visibility},
    interaction::Elicited,
    mcp_prompt, mcp_resource, mcp_tool, prompts, resources, tools,
};

use super::model::Verdict;

const ADMIN: Scope = Scope::new("desk:admin");

/// What the functions decide, and what ran.
#[derive(Clone, Default)]
pub(crate) struct Desk {
    verdict: Arc<Mutex<Option<Verdict>>>,
    ran: Arc<Mutex<Vec<String>>>,
    changes: Changes,
}

impl Desk {
    /// Sets what the functions decide from now on.
    pub(crate) fn decide(&self, verdict: Verdict) {
        *self.verdict.lock().expect("not poisoned") = Some(verdict);
    }

    pub(crate) fn forget(&self) {
        self.ran.lock().expect("not poisoned").clear();
    }

    pub(crate) fn ran(&self) -> Vec<String> {
        self.ran.lock().expect("not poisoned").clone()
    }

    /// Announces changes of resources.
    pub(crate) fn change(&self, uris: &[&str]) {
        for uri in uris {
            self.changes.resource_updated(*uri);
        }
    }

    fn note(&self, what: impl Into<String>) {
        self.ran.lock().expect("not poisoned").push(what.into());
    }

    async fn judge(&self, caller: Option<&Caller>) -> Result<(), AuthorizeError> {
        let verdict = *self.verdict.lock().expect("not poisoned");
        match verdict.expect("the test has decided") {
            Verdict::Allow => Ok(()),
            Verdict::Deny => Err(AuthorizeError::denied("as the test says")),
            Verdict::NeedsScope if caller.is_some_and(|caller| caller.has("desk:admin")) => Ok(()),
            Verdict::NeedsScope => Err(AuthorizeError::needs_scopes([ADMIN])),
            Verdict::Slow => std::future::pending().await,
            Verdict::Panic => panic!("as the test says"),
        }
    }

    pub(crate) fn server(&self) -> Server<Self> {
        Server::with_state("desk", self.clone())
            .without_banner()
            .with_visibility(Visibility::Granted)
            .with_changes(&self.changes)
            .tools(tools![fast, context, asks])
            .prompts(prompts![letter])
            .resources(resources![it, end])
    }

    /// Returns the same items of a handler, behind a gate.
    pub(crate) async fn handler(&self, config: Config) -> Router {
        self.handler_with(config, |builder| builder).await
    }

    /// Returns the same, with further settings of the gate.
    pub(crate) async fn handler_with(
        &self,
        config: Config,
        set: impl FnOnce(HandlerGateBuilder) -> HandlerGateBuilder,
    ) -> Router {
        let read = access!(scope = "desk:read").authorize_scopes(&[ADMIN]);
        let judge = || {
            let desk = self.clone();
            move |call: HandlerCall| {
                let desk = desk.clone();
                async move { desk.judge(call.caller()).await }
            }
        };
        let gate = set(HandlerGate::builder("desk"))
            .without_banner()
            .with_visibility(Visibility::Granted)
            .tool("fast", read)
            .tool("context", read)
            .tool("asks", read.confirm("Go on?"))
            .prompt("letter", read)
            .resource("desk://end", access!(scope = "desk:read"))
            .resource("desk://{id}", read)
            .authorize_tool("fast", judge())
            .authorize_tool("context", judge())
            .authorize_tool("asks", judge())
            .authorize_prompt("letter", judge())
            .authorize_resource("desk://{id}", judge())
            .build(config, self.clone())
            .await
            .expect("what is declared of the handler is right");
        let handler = self.clone();
        let service = StreamableHttpService::new(
            gate.guard_each(move || Ok(handler.clone())),
            gate.sessions(),
            gate.transport(),
        );
        gate.router(service)
    }
}

async fn judge(caller: &Caller, State(desk): &State<Desk>) -> Result<(), AuthorizeError> {
    desk.judge(Some(caller)).await
}

async fn judge_one(caller: &Caller, _: &str, state: &State<Desk>) -> Result<(), AuthorizeError> {
    judge(caller, state).await
}

/// Takes the direct path, if it can.
#[mcp_tool(scope = "desk:read", authorize = judge, authorize_scopes = ["desk:admin"])]
fn fast(State(desk): State<Desk>) {
    desk.note("fast");
}

/// Takes the execution path of rmcp.
#[mcp_tool(scope = "desk:read", authorize = judge, authorize_scopes = ["desk:admin"])]
fn context(_context: Context, State(desk): State<Desk>) {
    desk.note("context");
}

#[derive(Deserialize, JsonSchema)]
struct Sure {
    /// Whether to go on.
    confirm: bool,
}

/// Asks its client.
#[mcp_tool(scope = "desk:read", authorize = judge, authorize_scopes = ["desk:admin"])]
fn asks(
    #[extract] round: Round<()>,
    State(desk): State<Desk>,
) -> Result<Reply<&'static str>, ToolError> {
    Ok(match round.elicited::<Sure>("confirm")? {
        None => round.ask(&()).form::<Sure>("confirm", "Go on?").into(),
        Some(Elicited::Accepted(Sure { confirm: true })) => {
            desk.note("asks");
            Reply::Done("done")
        }
        Some(_) => Reply::Done("not done"),
    })
}

fn words(_: &str, State(desk): State<Desk>) -> Vec<String> {
    desk.note("complete");
    Vec::new()
}

/// Writes a letter.
#[mcp_prompt(scope = "desk:read", authorize = judge_one, authorize_scopes = ["desk:admin"])]
fn letter(
    /// A word.
    #[arg(complete = words)]
    word: String,
    State(desk): State<Desk>,
) -> String {
    desk.note("letter");
    word
}

/// Reads something.
#[mcp_resource(
    uri = "desk://{id}", scope = "desk:read", authorize = judge_one,
    authorize_scopes = ["desk:admin"]
)]
fn it(#[arg(complete = words)] id: String, State(desk): State<Desk>) -> String {
    desk.note(format!("desk://{id}"));
    id
}

/// Reads the last thing, without a function.
#[mcp_resource(uri = "desk://end", scope = "desk:read")]
fn end() -> &'static str {
    "end"
}

impl ServerHandler for Desk {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_completions()
            .enable_prompts()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_tools();
        ServerConfig::new(capabilities.build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = |name: &'static str| Tool::new(name, "A tool.", Map::new());
        Ok(ListToolsResult::with_all_items(
            ["asks", "context", "fast"].map(tool).into(),
        ))
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.note(call.name);
        Ok(CallToolResult::success(Vec::new()).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let letter = Prompt::new("letter", Some("A prompt."), None);
        Ok(ListPromptsResult::with_all_items(vec![letter]))
    }

    async fn get_prompt(
        &self,
        get: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.note(get.name);
        Ok(GetPromptResult::new(Vec::new()).into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let end = Resource::new("desk://end", "end");
        Ok(ListResourcesResult::with_all_items(vec![end]))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let it = ResourceTemplate::new("desk://{id}", "it");
        Ok(ListResourceTemplatesResult::with_all_items(vec![it]))
    }

    async fn read_resource(
        &self,
        read: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.note(read.uri);
        Ok(ReadResourceResult::new(Vec::new()).into())
    }

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        self.note("complete");
        Ok(CompleteResult::default())
    }

    async fn subscribe(
        &self,
        _: SubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        context.request_context().ct.cancelled().await;
        Ok(())
    }
}
