//! The page as JSON, for programs.

use serde_json::{Value, json};

use crate::{
    client_settings,
    facts::{
        Access, Conditions, Login, PageFacts, PromptEntry, ResourceEntry, ScopeEntry, ToolEntry,
    },
};

/// The version of the document. Members may be added to a version; to remove a member or to
/// change its meaning needs the next version.
const VERSION: u32 = 1;

/// Renders the page as a JSON object. Every member is present; one without a value is `null`.
///
/// ```
/// use toolgate_docs_page::{Login, PageFacts, render_json};
///
/// let page = render_json(&PageFacts {
///     name: "notes",
///     version: "1.0.0",
///     resource: "https://mcp.example.com/mcp",
///     metadata: "https://mcp.example.com/.well-known/oauth-protected-resource/mcp",
///     page: "/docs",
///     issuers: vec!["https://login.example.com"],
///     development: false,
///     login: Login::AtConnection,
///     bound_tokens_required: None,
///     scopes: Vec::new(),
///     tools: Vec::new(),
///     prompts: Vec::new(),
///     resources: Vec::new(),
/// });
/// let page: serde_json::Value = serde_json::from_str(&page)?;
/// assert_eq!(page["version"], 1);
/// assert_eq!(page["login"], "at_connection");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn render(facts: &PageFacts<'_>) -> String {
    let document = json!({
        "version": VERSION,
        "server": {"name": facts.name, "version": facts.version},
        "resource": facts.resource,
        "metadata": facts.metadata,
        "authorization_servers": facts.issuers,
        "development": facts.development,
        "login": login(facts.login),
        "bound_tokens": facts.bound_tokens_required.map(|is_required| match is_required {
            true => "required",
            false => "supported",
        }),
        "scopes": list(&facts.scopes, scope),
        "tools": list(&facts.tools, tool),
        "prompts": list(&facts.prompts, prompt),
        "resources": list(&facts.resources, resource),
        "clients": client_settings::entries(facts).map(|entry| {
            let (instruction, command) = entry.login;
            let login = json!({"instruction": instruction, "command": command});
            json!({
                "name": entry.client,
                "file": entry.file,
                "text": entry.text,
                "login": facts.has_login().then_some(login),
            })
        }),
    });
    document.to_string()
}

fn list<T>(entries: &[T], value: fn(&T) -> Value) -> Vec<Value> {
    entries.iter().map(value).collect()
}

fn login(login: Login) -> &'static str {
    match login {
        Login::AtConnection => "at_connection",
        Login::AtProtectedCall => "at_protected_call",
        Login::Never => "never",
    }
}

fn scope(scope: &ScopeEntry<'_>) -> Value {
    json!({"name": scope.name, "description": scope.description})
}

fn tool(tool: &ToolEntry<'_>) -> Value {
    json!({
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        // The names of MCP (`ToolAnnotations`).
        "annotations": {
            "readOnlyHint": tool.hints.read_only,
            "destructiveHint": tool.hints.destructive,
            "idempotentHint": tool.hints.idempotent,
            "openWorldHint": tool.hints.open_world,
        },
        "input_schema": tool.input_schema,
        "output_schema": tool.output_schema,
        "access": access(&tool.access),
        "conditions": conditions(&tool.conditions),
    })
}

fn prompt(prompt: &PromptEntry<'_>) -> Value {
    let arguments = prompt.arguments.iter().map(|one| {
        json!({
            "name": one.name,
            "description": one.description,
            "required": one.is_required,
        })
    });
    json!({
        "name": prompt.name,
        "title": prompt.title,
        "description": prompt.description,
        "arguments": arguments.collect::<Vec<_>>(),
        "access": access(&prompt.access),
        "conditions": conditions(&prompt.conditions),
    })
}

fn resource(resource: &ResourceEntry<'_>) -> Value {
    json!({
        "uri": resource.uri,
        "title": resource.title,
        "description": resource.description,
        "mime_type": resource.mime_type,
        "access": access(&resource.access),
        "conditions": conditions(&resource.conditions),
    })
}

fn access(access: &Access<'_>) -> Value {
    let (kind, any_of) = match access {
        Access::Public => ("public", None),
        Access::Authenticated => ("authenticated", None),
        Access::Scopes(alternatives) => ("scopes", Some(alternatives)),
    };
    json!({"kind": kind, "any_of": any_of})
}

fn conditions(conditions: &Conditions<'_>) -> Value {
    json!({
        "person": conditions.is_for_persons,
        "roles": conditions.roles,
        "acr": conditions.acr,
        "max_age": conditions.max_age,
        "confirmed": conditions.is_confirmed,
        "approved": conditions.is_approved,
        "rate": conditions.rate,
        "concurrency": conditions.concurrency,
        "timeout": conditions.timeout,
    })
}
