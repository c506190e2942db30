//! The declared access of a handler's items, compared with the items that it lists.

use rmcp::model::Tool;

use crate::{
    error::SetupErrors,
    server::{
        item_inputs::ItemInputs,
        registry::{AccessTerms, ItemAccessRegistry},
    },
    uri_pattern::UriPattern,
};

use super::{Access, inventory::Inventory};

/// The rule for the access of tools that are not declared by name.
pub(super) type ToolRule = Box<dyn Fn(&Tool) -> Access + Send>;

/// The declarations, in the order in which they were made.
#[derive(Default)]
pub(super) struct Declared {
    pub(super) tools: Vec<(String, Access)>,
    pub(super) prompts: Vec<(String, Access)>,
    pub(super) resources: Vec<(&'static str, Access)>,
    pub(super) tool_rules: Vec<ToolRule>,
}

impl Declared {
    /// Returns the offered items, compared with the handler's inventory as far as it is
    /// known.
    pub(super) fn offered(
        mut self,
        has: &Inventory,
        faults: &mut SetupErrors,
    ) -> ItemAccessRegistry {
        self.apply_rule(has, faults);
        let uses = self.tools.len() + self.prompts.len() + self.resources.len();
        if uses == 0 {
            faults.add(
                "no item of the handler is declared, so the gate would refuse everything",
                "declare what each tool needs: `.tool(\"name\", access!(scope = \"…\"))`",
            );
        }
        let tools = has.tools.as_ref();
        let tools = tools.map(|all| all.iter().map(|tool| &*tool.name).collect::<Vec<_>>());
        let prompts = has.prompts.as_ref();
        let prompts = prompts.map(|all| all.iter().map(|one| one.name.as_str()).collect());
        ItemAccessRegistry {
            tools: named("tool", self.tools, tools, faults),
            prompts: named("prompt", self.prompts, prompts, faults),
            resources: patterns(self.resources, has.uris.as_deref(), faults),
            // The gate does not know whether the handler announces changes.
            changes: true,
            inputs: ItemInputs::of(has.tools.iter().flatten(), has.prompts.iter().flatten()),
        }
    }

    /// Applies the rule to the tools that are not declared by name.
    fn apply_rule(&mut self, has: &Inventory, faults: &mut SetupErrors) {
        let Some(rule) = self.tool_rules.pop() else {
            return;
        };
        if !self.tool_rules.is_empty() {
            faults.add(
                "`tools_by` is called twice",
                "combine both into one rule: neither may silently win",
            );
        }
        let Some(tools) = &has.tools else {
            faults.add(
                "`tools_by` has no tools to apply to: the handler's list of tools is not known",
                "declare each tool with `tool`, or build the gate with the handler",
            );
            return;
        };
        for tool in tools {
            if !self.tools.iter().any(|(name, _)| *name == tool.name) {
                self.tools.push((tool.name.to_string(), rule(tool)));
            }
        }
    }
}

/// Resolves items by name. Each must be declared once and exist.
fn named(
    kind: &str,
    stated: Vec<(String, Access)>,
    known: Option<Vec<&str>>,
    faults: &mut SetupErrors,
) -> Vec<(String, AccessTerms)> {
    for (place, (name, _)) in stated.iter().enumerate() {
        if stated.iter().take(place).any(|(other, _)| other == name) {
            faults.add(
                format!("what the {kind} `{name}` needs is declared twice"),
                "leave one out: neither may silently win",
            );
        }
    }
    if let Some(known) = known {
        for (name, _) in &stated {
            if !known.contains(&name.as_str()) {
                faults.add(
                    format!("the handler has no {kind} `{name}`, but its access is declared"),
                    format!("correct the name; the handler has {}", list(&known)),
                );
            }
        }
        for name in known {
            if !stated.iter().any(|(stated, _)| stated == name) {
                faults.add(
                    format!("the handler has a {kind} `{name}`, and what it needs is not declared"),
                    format!(
                        "add `.{kind}(\"{name}\", access!(scope = \"…\"))`, or `access!(refused)` to deny it"
                    ),
                );
            }
        }
    }
    let with_terms = |(name, needs): (String, Access)| Some((name, needs.terms()?));
    stated.into_iter().filter_map(with_terms).collect()
}

/// Resolves resources by their patterns. A handler may have resources that it does not list.
fn patterns(
    stated: Vec<(&'static str, Access)>,
    known: Option<&[String]>,
    faults: &mut SetupErrors,
) -> Vec<(UriPattern, AccessTerms)> {
    let mut patterns: Vec<(UriPattern, Access)> = Vec::new();
    for (text, needs) in stated {
        match UriPattern::parse(text) {
            Err(fault) => faults.add(
                format!("`{text}` is not a valid resource URI or template: {fault}"),
                "write a URI, or a template such as `notes://{id}`",
            ),
            Ok(pattern) if patterns.iter().any(|(other, _)| *other == pattern) => faults.add(
                format!("what the resource `{text}` needs is declared twice"),
                "leave one out: neither may silently win",
            ),
            Ok(pattern) => patterns.push((pattern, needs)),
        }
    }
    for uri in known.unwrap_or_default() {
        let covers = |pattern: &UriPattern| {
            pattern.as_str() == uri || (!uri.contains('{') && pattern.matches(uri).is_some())
        };
        if !patterns.iter().any(|(pattern, _)| covers(pattern)) {
            faults.add(
                format!("the handler has a resource `{uri}`, and what it needs is not declared"),
                format!(
                    "add `.resource(\"{uri}\", access!(scope = \"…\"))`, or `access!(refused)` to deny it"
                ),
            );
        }
    }
    // A refused pattern keeps its place, so that a later, wider pattern cannot match its
    // URIs.
    patterns
        .into_iter()
        .map(|(pattern, needs)| {
            (
                pattern,
                needs.terms().unwrap_or_else(AccessTerms::denied_to_all),
            )
        })
        .collect()
}

fn list(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        names => format!("`{}`", names.join("`, `")),
    }
}
