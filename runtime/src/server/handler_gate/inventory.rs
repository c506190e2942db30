//! The lists of a handler's items, requested once at start-up.

use std::{sync::Arc, time::Duration};

use rmcp::{
    RoleServer, ServerHandler,
    model::{
        ClientCapabilities, ClientJsonRpcMessage, ClientRequest, Implementation,
        InitializeRequestParams, JsonRpcMessage, ListPromptsRequest, ListResourceTemplatesRequest,
        ListResourcesRequest, ListToolsRequest, NumberOrString, PaginatedRequestParams, Prompt,
        ServerResult, Tool,
    },
    service::serve_directly_with_ct,
    transport::OneshotTransport,
};
use tokio_util::sync::CancellationToken;

/// The timeout of one page of a list.
const PATIENCE: Duration = Duration::from_secs(5);

/// A list with more pages than this is treated as endless.
const PAGES: usize = 1_000;

/// The items of a handler. `None` means that the list is unknown, which differs from an empty
/// list.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    pub(super) tools: Option<Vec<Tool>>,
    pub(super) prompts: Option<Vec<Prompt>>,
    /// The URIs of resources, and the URI templates.
    pub(super) uris: Option<Vec<String>>,
}

/// One page, and the cursor of the next.
type Page<T> = (Vec<T>, Option<String>);

impl Inventory {
    /// Asks a handler for its lists as a client would, without the gate.
    pub(super) async fn of<H: ServerHandler>(handler: H) -> Self {
        let handler = Arc::new(handler);
        let capabilities = handler.get_info().capabilities;
        let mut inventory = Self::default();
        if capabilities.tools.is_some() {
            inventory.tools = all(&handler, "tools", tools).await;
        }
        if capabilities.prompts.is_some() {
            inventory.prompts = all(&handler, "prompts", prompts).await;
        }
        if capabilities.resources.is_some() {
            let resources = all(&handler, "resources", resources).await;
            let templates = all(&handler, "resource templates", templates).await;
            inventory.uris = resources
                .zip(templates)
                .map(|(resources, templates)| [resources, templates].concat());
        }
        inventory
    }
}

/// The request for a page of a list, and the function that reads the answer.
struct Asking<T> {
    request: ClientRequest,
    read: fn(ServerResult) -> Option<Page<T>>,
}

fn tools(page: Option<PaginatedRequestParams>) -> Asking<Tool> {
    Asking {
        request: ListToolsRequest {
            params: page,
            ..Default::default()
        }
        .into(),
        read: |result| match result {
            ServerResult::ListToolsResult(list) => Some((list.tools, list.next_cursor)),
            _ => None,
        },
    }
}

fn prompts(page: Option<PaginatedRequestParams>) -> Asking<Prompt> {
    Asking {
        request: ListPromptsRequest {
            params: page,
            ..Default::default()
        }
        .into(),
        read: |result| match result {
            ServerResult::ListPromptsResult(list) => Some((list.prompts, list.next_cursor)),
            _ => None,
        },
    }
}

fn resources(page: Option<PaginatedRequestParams>) -> Asking<String> {
    Asking {
        request: ListResourcesRequest {
            params: page,
            ..Default::default()
        }
        .into(),
        read: |result| match result {
            ServerResult::ListResourcesResult(list) => {
                let uris = list.resources.into_iter().map(|resource| resource.uri);
                Some((uris.collect(), list.next_cursor))
            }
            _ => None,
        },
    }
}

fn templates(page: Option<PaginatedRequestParams>) -> Asking<String> {
    Asking {
        request: ListResourceTemplatesRequest {
            params: page,
            ..Default::default()
        }
        .into(),
        read: |result| match result {
            ServerResult::ListResourceTemplatesResult(list) => {
                let uris = list.resource_templates.into_iter();
                let uris = uris.map(|template| template.uri_template);
                Some((uris.collect(), list.next_cursor))
            }
            _ => None,
        },
    }
}

async fn all<H: ServerHandler, T>(
    handler: &Arc<H>,
    what: &str,
    asking: fn(Option<PaginatedRequestParams>) -> Asking<T>,
) -> Option<Vec<T>> {
    let mut found = Vec::new();
    let mut page = None;
    for _ in 0..PAGES {
        let Asking { request, read } = asking(page);
        let answer = tokio::time::timeout(PATIENCE, ask(Arc::clone(handler), request)).await;
        let Some((items, next)) = answer.ok().flatten().and_then(read) else {
            break;
        };
        found.extend(items);
        if next.is_none() {
            return Some(found);
        }
        page = Some(PaginatedRequestParams::default().with_cursor(next));
    }
    tracing::warn!(
        "the handler did not return its list of {what} at start-up, so it is not compared with the declared items"
    );
    None
}

/// Sends one request to the handler without a transport.
async fn ask<H: ServerHandler>(handler: Arc<H>, request: ClientRequest) -> Option<ServerResult> {
    let message = ClientJsonRpcMessage::request(request, NumberOrString::Number(0));
    let (transport, mut answers) = OneshotTransport::<RoleServer>::new(message);
    let us = Implementation::new("toolgate", env!("CARGO_PKG_VERSION"));
    let client = InitializeRequestParams::new(ClientCapabilities::default(), us);
    let end = CancellationToken::new();
    let _guard = end.clone().drop_guard();
    // rmcp logs a client that connects and leaves. The span says that there is none.
    let span = tracing::info_span!("handler asked for its items at start-up");
    let running = span.in_scope(|| serve_directly_with_ct(handler, transport, Some(client), end));
    tokio::spawn(running.waiting());
    loop {
        match answers.recv().await? {
            JsonRpcMessage::Response(response) => return Some(response.result),
            JsonRpcMessage::Error(_) => return None,
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => {}
        }
    }
}
