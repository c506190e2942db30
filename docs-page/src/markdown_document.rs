//! The page as Markdown, for programs that read text.

use crate::{
    argument::{Argument, arguments},
    client_settings,
    connect_instructions::{binding, call_without_token, mcp_remote, promise},
    facts::{Access, Conditions, DEVELOPMENT, PageFacts, PromptEntry, ResourceEntry, ToolEntry},
    markdown_text::{block, code, line, prose},
    prompts_and_resources::asking_for,
    requirement::{Part, hint_words, requirement},
};

/// Renders the page as Markdown. All text from outside is escaped.
///
/// ```
/// use toolgate_docs_page::{Login, PageFacts, render_markdown};
///
/// let page = render_markdown(&PageFacts {
///     name: "[notes](https://evil.example)",
///     version: "1.0.0",
///     resource: "https://mcp.example.com/mcp",
///     metadata: "https://mcp.example.com/.well-known/oauth-protected-resource/mcp",
///     page: "/docs",
///     issuers: Vec::new(),
///     development: false,
///     login: Login::Never,
///     bound_tokens_required: None,
///     scopes: Vec::new(),
///     tools: Vec::new(),
///     prompts: Vec::new(),
///     resources: Vec::new(),
/// });
/// assert!(page.starts_with(r"# \[notes\](https\://evil\.example) 1.0.0"));
/// ```
pub fn render(facts: &PageFacts<'_>) -> String {
    let mut sections = vec![head(facts), connect(facts)];
    if !facts.scopes.is_empty() {
        sections.push(scopes(facts));
    }
    if facts.has_tools() {
        sections.push("## Tools\n".to_owned());
        sections.extend(facts.tools.iter().map(tool));
    }
    if !facts.prompts.is_empty() {
        sections.push("## Prompts\n".to_owned());
        sections.extend(facts.prompts.iter().map(prompt));
    }
    if !facts.resources.is_empty() {
        sections.push("## Resources\n".to_owned());
        sections.extend(facts.resources.iter().map(resource));
    }
    sections.join("\n")
}

fn head(facts: &PageFacts<'_>) -> String {
    let mut text = format!(
        "# {}\n\nMCP server: {}, {}. {}\n",
        line(&format!("{} {}", facts.name, facts.version)),
        facts.counted(),
        facts.openness(),
        promise(facts.login),
    );
    if facts.development {
        text += &format!("\n**Development.** {DEVELOPMENT}\n");
    }
    text += &format!(
        "\n- URL: {}\n- Metadata: {}\n",
        code(facts.resource),
        code(facts.metadata)
    );
    for issuer in &facts.issuers {
        text += &format!("- Authorization server: {}\n", code(issuer));
    }
    text
}

fn connect(facts: &PageFacts<'_>) -> String {
    let mut text = "## Connect\n".to_owned();
    for entry in client_settings::entries(facts) {
        text += &format!("\n### {}\n\n", entry.client);
        if let Some(file) = entry.file {
            text += &format!("In the file {}:\n\n", code(file));
        }
        text += &block("", &entry.text);
        if facts.has_login() {
            let (how, command) = &entry.login;
            let command = command.as_deref().map(|one| format!(" {}", code(one)));
            text += &format!("\nTo log in: {how}{}.\n", command.unwrap_or_default());
        }
    }
    text += "\n### Other clients\n\nAny other MCP client over HTTP needs only the URL";
    text += &match facts.has_login() {
        true => format!(
            ": it finds the login itself. A client without OAuth connects through `mcp-remote`:\n\n{}",
            block("", &mcp_remote(facts))
        ),
        false => ".\n".to_owned(),
    };
    if let Some(binding) = binding(facts) {
        text += &format!("\n{binding}\n");
    }
    if let Some(call) = call_without_token(facts) {
        text += &format!(
            "\n### Without a client\n\n{}\nThe answer is `401`, and its `WWW-Authenticate` names the scope to request and the URL of the metadata.\n",
            block("", &call)
        );
    }
    text
}

fn scopes(facts: &PageFacts<'_>) -> String {
    let mut text = "## Scopes\n\n".to_owned();
    for scope in &facts.scopes {
        text += &format!("- {}", code(scope.name));
        if let Some(description) = scope.description {
            text += &format!(": {}", prose(description, "  "));
        }
        text.push('\n');
        let asking = asking_for(facts, scope.name);
        if !asking.is_empty() {
            let names: Vec<_> = asking.iter().map(|(_, name)| code(name)).collect();
            text += &format!("\n  needed by {}\n", names.join(", "));
        }
    }
    text
}

fn tool(tool: &ToolEntry<'_>) -> String {
    let hints = hint_words(tool.hints);
    let mut text = title(tool.name, tool.title);
    text += &needs(&tool.access, &tool.conditions, &hints);
    text += &description(tool.description);
    let arguments = arguments(tool.input_schema);
    if arguments.is_empty() {
        text += "\nTakes no arguments.\n";
    } else {
        text += "\nArguments:\n\n";
        text.extend(arguments.iter().map(argument));
        text += &schema("Input schema", tool.input_schema);
    }
    if let Some(output) = tool.output_schema {
        text += &schema("Output schema", output);
    }
    text
}

fn schema(name: &str, schema: &serde_json::Map<String, serde_json::Value>) -> String {
    let text = format!("{:#}", serde_json::Value::Object(schema.clone()));
    format!("\n{name}:\n\n{}", block("json", &text))
}

fn argument(argument: &Argument<'_>) -> String {
    let kind = line(&argument.kind);
    let mut text = item(
        argument.name,
        &kind,
        argument.required,
        argument.description,
    );
    for rule in &argument.rules {
        let after = match rule.after {
            "" => String::new(),
            words => format!(" {words}"),
        };
        text += &format!("  - {} {}{after}\n", rule.before, code(&rule.value));
    }
    text
}

fn prompt(prompt: &PromptEntry<'_>) -> String {
    let mut text = title(prompt.name, prompt.title);
    text += &needs(&prompt.access, &prompt.conditions, &[]);
    text += &description(prompt.description);
    text += match prompt.arguments.is_empty() {
        true => "\nTakes no arguments.\n",
        false => "\nArguments:\n\n",
    };
    for one in &prompt.arguments {
        text += &item(one.name, "", one.is_required, one.description);
    }
    text
}

fn resource(resource: &ResourceEntry<'_>) -> String {
    let mut text = title(resource.uri, resource.title);
    text += &needs(&resource.access, &resource.conditions, &[]);
    if let Some(kind) = resource.mime_type {
        text += &format!("\nMedia type: {}\n", code(kind));
    }
    text + &description(resource.description)
}

fn title(name: &str, title: Option<&str>) -> String {
    let title = title.map(|title| format!(" {}", line(title)));
    format!("### {}{}\n\n", code(name), title.unwrap_or_default())
}

fn description(text: Option<&str>) -> String {
    text.map(|text| format!("\n{}\n", prose(text, "")))
        .unwrap_or_default()
}

/// Renders an argument as an item of a list.
fn item(name: &str, kind: &str, is_required: bool, description: Option<&str>) -> String {
    let kind = match kind {
        "" => String::new(),
        kind => format!("{kind}, "),
    };
    let required = if is_required { "required" } else { "optional" };
    let description = description.map(|text| format!(": {}", prose(text, "  ")));
    let description = description.unwrap_or_default();
    format!("- {} ({kind}{required}){description}\n", code(name))
}

/// Renders what an item requires, and what a tool does.
fn needs(access: &Access<'_>, conditions: &Conditions<'_>, hints: &[&str]) -> String {
    let parts = requirement(access, conditions)
        .into_iter()
        .map(|part| match part {
            Part::Open(words) | Part::Login(words) => words.to_owned(),
            Part::Words(words) => words.into_owned(),
            Part::Scope(name) | Part::Role(name) | Part::Code(name) => code(name),
        });
    let parts: String = parts.collect();
    let hints: String = hints.iter().map(|words| format!(", {words}")).collect();
    format!("Access: {parts}{hints}\n")
}
