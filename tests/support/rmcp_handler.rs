//! A server written with rmcp alone, with an item of each kind, which records what ran. A gate
//! in front of it declares some of them.

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams,
        CompleteResult, ContentBlock, GetPromptRequestParams, GetPromptResponse, GetPromptResult,
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
        PaginatedRequestParams, Prompt, ReadResourceRequestParams, ReadResourceResponse,
        ReadResourceResult, Resource, ResourceContents, ResourceTemplate, ServerCapabilities,
        ServerConfig, SubscriptionFilter, Tool,
    },
    service::RequestContext,
};
use serde_json::Map;
use toolgate::{Caller, gate::HandlerGate};

use crate::tool_server::Runs;

/// The handler.
#[derive(Debug, Clone, Default)]
pub struct RmcpHandler {
    /// What ran.
    pub runs: Runs,
}

impl RmcpHandler {
    /// Its tools.
    pub const TOOLS: [&'static str; 4] = ["read", "write", "ping", "audit"];
    /// Its prompts.
    pub const PROMPTS: [&'static str; 2] = ["sum", "review"];
    /// Its resources.
    pub const RESOURCES: [&'static str; 2] = ["ledger://open", "ledger://closed"];
    /// Its template.
    pub const TEMPLATE: &'static str = "ledger://page/{number}";
}

impl ServerHandler for RmcpHandler {
    fn get_info(&self) -> ServerConfig {
        let mut capabilities = ServerCapabilities::builder()
            .enable_completions()
            .enable_prompts()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_tools()
            .build();
        // Deprecated in rmcp; a gate never announces it.
        capabilities.logging = Some(Map::new());
        ServerConfig::new(capabilities)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = |name: &str| Tool::new(name.to_owned(), "A tool.", Map::new());
        Ok(ListToolsResult::with_all_items(
            Self::TOOLS.map(tool).into(),
        ))
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let known = Self::TOOLS.into_iter().find(|name| *name == call.name);
        let name = known.ok_or_else(|| ErrorData::invalid_params("no such tool", None))?;
        self.runs.note(name);
        let caller = HandlerGate::caller(&context);
        let caller = caller.as_ref().and_then(Caller::subject);
        let text = format!("{name} ran for {}", caller.unwrap_or("anybody"));
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let prompt = |name: &str| Prompt::new(name, Some("A prompt."), None);
        Ok(ListPromptsResult::with_all_items(
            Self::PROMPTS.map(prompt).into(),
        ))
    }

    async fn get_prompt(
        &self,
        get: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let known = Self::PROMPTS.into_iter().find(|name| *name == get.name);
        let name = known.ok_or_else(|| ErrorData::invalid_params("no such prompt", None))?;
        self.runs.note(name);
        Ok(GetPromptResult::new(Vec::new()).into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let resource = |uri: &str| Resource::new(uri, uri);
        Ok(ListResourcesResult::with_all_items(
            Self::RESOURCES.map(resource).into(),
        ))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let template = ResourceTemplate::new(Self::TEMPLATE, "page");
        Ok(ListResourceTemplatesResult::with_all_items(vec![template]))
    }

    // Reads any resource: only the gate denies access.
    async fn read_resource(
        &self,
        read: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.runs.note("resource");
        let text = ResourceContents::text("contents", read.uri);
        Ok(ReadResourceResult::new(vec![text]).into())
    }

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        self.runs.note("complete");
        Ok(CompleteResult::default())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }
}
