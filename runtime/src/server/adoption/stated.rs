//! What an author has said about a handler, and whether the handler agrees.

use rmcp::model::Tool;

use crate::{
    error::Faults,
    server::offered::{Offered, Terms},
    uri_pattern::UriPattern,
};

use super::{Needs, survey::Inventory};

/// What somebody says of tools that they do not name.
pub(super) type ToolRule = Box<dyn Fn(&Tool) -> Needs + Send>;

/// Every statement, in the order in which it was made.
#[derive(Default)]
pub(super) struct Stated {
    pub(super) tools: Vec<(String, Needs)>,
    pub(super) prompts: Vec<(String, Needs)>,
    pub(super) resources: Vec<(&'static str, Needs)>,
    pub(super) tool_rules: Vec<ToolRule>,
}

impl Stated {
    /// What is offered, for a handler that has this, as far as that is known.
    pub(super) fn offered(mut self, has: &Inventory, faults: &mut Faults) -> Offered {
        self.apply_rule(has, faults);
        let uses = self.tools.len() + self.prompts.len() + self.resources.len();
        if uses == 0 {
            faults.add(
                "the gate was told of nothing that the handler has, and would refuse everything",
                "say what each tool needs: `.tool(\"name\", needs!(scope = \"…\"))`",
            );
        }
        let tools = has.tools.as_ref();
        let tools = tools.map(|all| all.iter().map(|tool| &*tool.name).collect::<Vec<_>>());
        let prompts = has.prompts.as_ref();
        let prompts = prompts.map(|all| all.iter().map(|one| one.name.as_str()).collect());
        Offered {
            tools: named("tool", self.tools, tools, faults),
            prompts: named("prompt", self.prompts, prompts, faults),
            resources: patterns(self.resources, has.uris.as_deref(), faults),
            // Whether the handler tells of changes is its own affair.
            changes: true,
        }
    }

    /// Lets the rule speak of the tools that nobody has named.
    fn apply_rule(&mut self, has: &Inventory, faults: &mut Faults) {
        let Some(rule) = self.tool_rules.pop() else {
            return;
        };
        if !self.tool_rules.is_empty() {
            faults.add(
                "`tools_by` is said twice",
                "make one rule of both: neither may silently win",
            );
        }
        let Some(tools) = &has.tools else {
            faults.add(
                "`tools_by` has nothing to speak of: the handler's list of tools is not known",
                "name each tool by `tool`, or build the gate with the handler",
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

/// Things by their names, each of which must be stated once and exist.
fn named(
    kind: &str,
    stated: Vec<(String, Needs)>,
    known: Option<Vec<&str>>,
    faults: &mut Faults,
) -> Vec<(String, Terms)> {
    for (place, (name, _)) in stated.iter().enumerate() {
        if stated.iter().take(place).any(|(other, _)| other == name) {
            faults.add(
                format!("what the {kind} `{name}` needs is said twice"),
                "leave one out: neither may silently win",
            );
        }
    }
    if let Some(known) = known {
        for (name, _) in &stated {
            if !known.contains(&name.as_str()) {
                faults.add(
                    format!("the handler has no {kind} `{name}`, of which the gate was told"),
                    format!("correct the name; it has {}", list(&known)),
                );
            }
        }
        for name in known {
            if !stated.iter().any(|(stated, _)| stated == name) {
                faults.add(
                    format!("the handler has a {kind} `{name}`, and nobody has said what it needs"),
                    format!(
                        "add `.{kind}(\"{name}\", needs!(scope = \"…\"))`, or `needs!(refused)` to keep it shut"
                    ),
                );
            }
        }
    }
    let with_terms = |(name, needs): (String, Needs)| Some((name, needs.terms()?));
    stated.into_iter().filter_map(with_terms).collect()
}

/// Resources by their patterns. A handler may have some that it does not list.
fn patterns(
    stated: Vec<(&'static str, Needs)>,
    known: Option<&[String]>,
    faults: &mut Faults,
) -> Vec<(UriPattern, Terms)> {
    let mut patterns: Vec<(UriPattern, Needs)> = Vec::new();
    for (text, needs) in stated {
        match UriPattern::read(text) {
            Err(fault) => faults.add(
                format!("`{text}` names no resources: {fault}"),
                "write a URI, or a template such as `notes://{id}`",
            ),
            Ok(pattern) if patterns.iter().any(|(other, _)| *other == pattern) => faults.add(
                format!("what the resource `{text}` needs is said twice"),
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
                format!("the handler has a resource `{uri}`, and nobody has said what it needs"),
                format!(
                    "add `.resource(\"{uri}\", needs!(scope = \"…\"))`, or `needs!(refused)` to keep it shut"
                ),
            );
        }
    }
    // A refused pattern keeps its place: what it matches must not fall to a later, wider one.
    patterns
        .into_iter()
        .map(|(pattern, needs)| (pattern, needs.terms().unwrap_or_else(Terms::of_nobody)))
        .collect()
}

fn list(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        names => format!("`{}`", names.join("`, `")),
    }
}
