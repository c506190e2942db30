//! The Cedar schema of a server, generated from its items.

use std::fmt::Write as _;

use toolgate_oauth::policy::{PolicyItem, PolicyKind, PolicySetupError};

use crate::arguments::{ArgumentType, Arguments};

/// The principal types of every action.
const PRINCIPALS: &str = "[User, Client, Anonymous]";

/// The methods that are about the server itself.
const OF_SERVER: &str = r#""initialize", "server/discover", "logging/setLevel", "tools/list", "prompts/list", "resources/list", "resources/templates/list", "subscriptions/listen""#;

/// Returns the Cedar schema of a server with these items, in Cedar's own syntax.
///
/// # Errors
///
/// Returns an error for each argument that Cedar has no type for.
pub fn schema(items: &[PolicyItem]) -> Result<String, Vec<PolicySetupError>> {
    let arguments = Arguments::of(items)?;
    let names = |wanted: PolicyKind| {
        let items = items.iter().filter(move |item| item.kind() == wanted);
        items.map(PolicyItem::name).collect::<Vec<_>>()
    };
    let mut templates = names(PolicyKind::Resource);
    templates.retain(|name| is_template(name));
    let mut text = String::from(
        "// Generated from the items of the server.\n\
         entity Role;\n\
         entity User, Client in [Role] {\n  issuer: String,\n  subject?: String,\n  client?: String,\n  \
         roles: Set<String>,\n  actors: Set<String>,\n};\n\
         entity Anonymous;\n\
         entity Server;\n",
    );
    let entities = [
        entity("Tool", names(PolicyKind::Tool)),
        entity("Prompt", names(PolicyKind::Prompt)),
        entity("Template", templates),
    ];
    text += &entities.concat();
    text += "entity Resource in [Template];\n\n";
    text += "type Situation = {\n  time: Long,\n  list: Bool,\n  session?: String,\n  acr?: String,\n};\n\n";
    for (actions, resources, kind) in [
        (OF_SERVER, "[Server]", None),
        (r#""tools/call""#, "[Tool]", Some(PolicyKind::Tool)),
        (r#""prompts/get""#, "[Prompt]", Some(PolicyKind::Prompt)),
        (r#""completion/complete""#, "[Prompt, Template]", None),
        (r#""resources/read""#, "[Resource, Template]", None),
        (
            r#""resources/subscribe", "resources/unsubscribe""#,
            "[Resource]",
            None,
        ),
    ] {
        let context = match kind.map(|kind| with_arguments(&arguments, kind)) {
            Some(context) if !context.is_empty() => context,
            _ => "Situation".to_owned(),
        };
        // Writing into memory does not fail.
        let _ = writeln!(
            text,
            "action {actions} appliesTo {{\n  principal: {PRINCIPALS},\n  resource: {resources},\n  context: {context},\n}};"
        );
    }
    Ok(text)
}

/// Returns whether a URI is a template.
pub(crate) fn is_template(uri: &str) -> bool {
    uri.contains('{')
}

/// Declares an entity type with these entities. Without any, there is only the type.
fn entity(name: &str, ids: Vec<&str>) -> String {
    let ids: Vec<_> = ids.into_iter().map(quoted).collect();
    match ids.is_empty() {
        true => format!("entity {name};\n"),
        false => format!("entity {name} enum [{}];\n", ids.join(", ")),
    }
}

/// Returns the context with the arguments of the items of a kind, or nothing if there are none.
fn with_arguments(arguments: &Arguments, kind: PolicyKind) -> String {
    let mut items = String::new();
    for (item, named) in arguments.of_kind(kind) {
        let each = named.iter().map(|(name, argument)| {
            let cedar = argument.cedar();
            format!("{}?: {cedar}", quoted(name))
        });
        let each: Vec<_> = each.collect();
        let _ = writeln!(items, "    {}?: {{ {} }},", quoted(item), each.join(", "));
    }
    match items.is_empty() {
        true => items,
        false => format!(
            "{{\n  time: Long,\n  list: Bool,\n  session?: String,\n  acr?: String,\n  arguments?: {{\n{items}  }},\n}}"
        ),
    }
}

/// Returns a name as a string of Cedar.
fn quoted(name: &str) -> String {
    let mut text = String::from('"');
    for character in name.chars() {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            _ if character.is_control() => {
                let _ = write!(text, "\\u{{{:x}}}", u32::from(character));
            }
            _ => text.push(character),
        }
    }
    text.push('"');
    text
}

impl ArgumentType {
    /// Returns the type in Cedar's syntax.
    fn cedar(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::Long => "Long",
            Self::Bool => "Bool",
            Self::Strings => "Set<String>",
            Self::Longs => "Set<Long>",
            Self::Bools => "Set<Bool>",
        }
    }
}
