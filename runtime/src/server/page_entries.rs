//! The items of a server as the documentation page takes them.

use rmcp::model::{PromptArgument, Tool, ToolAnnotations};
use toolgate_docs_page as docs_page;

use crate::{
    access::{Conditions, Requirement},
    item::{DeclaredQuestion, Item, ItemLimits},
    prompt::PromptKind,
    resource::{ResourceKind, ResourceListing},
    scope::Scope,
};

use super::login_timing::Login;

impl From<Login> for docs_page::Login {
    fn from(login: Login) -> Self {
        match login {
            Login::AtConnection => Self::AtConnection,
            Login::AtProtectedCall => Self::AtProtectedCall,
            Login::Never => Self::Never,
        }
    }
}

fn access(requirement: Requirement) -> docs_page::Access<'static> {
    match requirement {
        Requirement::Public => docs_page::Access::Public,
        Requirement::Authenticated => docs_page::Access::Authenticated,
        Requirement::Scopes(sets) => {
            let names = |set: &&[Scope]| set.iter().map(|scope| scope.as_str()).collect();
            docs_page::Access::Scopes(sets.iter().map(names).collect())
        }
    }
}

fn conditions(
    conditions: Conditions,
    question: Option<DeclaredQuestion>,
    limits: ItemLimits,
) -> docs_page::Conditions<'static> {
    docs_page::Conditions {
        is_for_persons: conditions.person(),
        roles: conditions.roles().iter().map(|all| all.to_vec()).collect(),
        acr: conditions.acr().to_vec(),
        max_age: conditions.max_age().map(|age| age.as_secs()),
        is_confirmed: question.is_some_and(DeclaredQuestion::is_confirmation),
        is_approved: question.is_some_and(DeclaredQuestion::is_approval),
        rate: limits.rate.map(|rate| rate.to_string()),
        concurrency: limits.concurrency,
        timeout: limits.timeout.map(|time| format!("{time:?}")),
    }
}

pub(super) fn tool_entry(
    tool: &Tool,
    requirement: Requirement,
    (needed, question, limits): (Conditions, Option<DeclaredQuestion>, ItemLimits),
) -> docs_page::ToolEntry<'_> {
    let hint =
        |hint: fn(&ToolAnnotations) -> Option<bool>| tool.annotations.as_ref().and_then(hint);
    docs_page::ToolEntry {
        name: &tool.name,
        title: tool.title.as_deref(),
        description: tool.description.as_deref(),
        hints: docs_page::ToolHints {
            read_only: hint(|given| given.read_only_hint),
            destructive: hint(|given| given.destructive_hint),
            idempotent: hint(|given| given.idempotent_hint),
            open_world: hint(|given| given.open_world_hint),
        },
        input_schema: &tool.input_schema,
        output_schema: tool.output_schema.as_deref(),
        access: access(requirement),
        conditions: conditions(needed, question, limits),
    }
}

pub(super) fn prompt_entry(prompt: &Item<(), PromptKind>) -> docs_page::PromptEntry<'_> {
    let listing = prompt.listing();
    let arguments = listing.arguments.iter().flatten();
    docs_page::PromptEntry {
        name: &listing.name,
        title: listing.title.as_deref(),
        description: listing.description.as_deref(),
        arguments: arguments.map(prompt_argument).collect(),
        access: access(prompt.requirement()),
        conditions: conditions(prompt.conditions(), prompt.question(), prompt.limits()),
    }
}

fn prompt_argument(argument: &PromptArgument) -> docs_page::PromptArgument<'_> {
    docs_page::PromptArgument {
        name: &argument.name,
        description: argument.description.as_deref(),
        is_required: argument.required == Some(true),
    }
}

pub(super) fn resource_entry(resource: &Item<(), ResourceKind>) -> docs_page::ResourceEntry<'_> {
    let (uri, title, description, mime_type) = match resource.listing() {
        ResourceListing::Resource(one) => (&one.uri, &one.title, &one.description, &one.mime_type),
        ResourceListing::Template(one) => (
            &one.uri_template,
            &one.title,
            &one.description,
            &one.mime_type,
        ),
    };
    docs_page::ResourceEntry {
        uri,
        title: title.as_deref(),
        description: description.as_deref(),
        mime_type: mime_type.as_deref(),
        access: access(resource.requirement()),
        conditions: conditions(
            resource.conditions(),
            resource.question(),
            resource.limits(),
        ),
    }
}
