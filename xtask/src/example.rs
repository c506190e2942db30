//! The examples that clients are let at, and what a client does at each.

/// An example server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Example {
    /// The name of its program.
    pub(crate) name: &'static str,
    /// The scope of the login, and then those that are stepped up to, one after another.
    pub(crate) scopes: &'static [&'static str],
    /// What a client calls, in this order.
    pub(crate) calls: &'static [Call],
}

/// One call of a tool.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) tool: &'static str,
    /// Its arguments, as JSON.
    pub(crate) arguments: &'static str,
    /// What a person reads in its result.
    shows: &'static str,
    /// How many of the scopes a client has when it may make this call.
    pub(crate) scopes: usize,
}

/// One with a scope for the login and two to step up to; every item is protected.
const EVERYTHING: Example = Example {
    name: "everything",
    scopes: &["everything:use", "everything:write", "everything:erase"],
    calls: &[
        Call::new("whoami", "{}", "developer with", 1),
        Call::new("write", "{}", "written", 2),
        Call::new("erase", "{}", "erased", 3),
    ],
};

/// One with a public tool beside protected ones.
const TODO: Example = Example {
    name: "todo",
    scopes: &["todo:read", "todo:write"],
    calls: &[
        Call::new("list_todos", "{}", "todos", 1),
        Call::new("add_todo", r#"{"title": "Buy milk"}"#, "Buy milk", 2),
    ],
};

/// Those at which every client is let.
pub(crate) const EXAMPLES: [&Example; 2] = [&EVERYTHING, &TODO];

impl Call {
    const fn new(
        tool: &'static str,
        arguments: &'static str,
        shows: &'static str,
        scopes: usize,
    ) -> Self {
        Self {
            tool,
            arguments,
            shows,
            scopes,
        }
    }
}

impl Example {
    /// The calls as clients read them from `INTEROP_CALLS`.
    pub(crate) fn calls_as_json(&self) -> String {
        let calls = self.calls.iter().map(|call| {
            let Call {
                tool,
                arguments,
                shows,
                ..
            } = call;
            format!(r#"{{"name": "{tool}", "arguments": {arguments}, "shows": "{shows}"}}"#)
        });
        format!("[{}]", calls.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::EXAMPLES;

    #[test]
    fn the_calls_are_json_with_their_arguments() {
        for example in EXAMPLES {
            let calls: Value = serde_json::from_str(&example.calls_as_json()).expect("JSON");
            assert_eq!(calls.as_array().map(Vec::len), Some(example.calls.len()));
            assert!(calls[0]["arguments"].is_object(), "{calls}");
        }
    }
}
