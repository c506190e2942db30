//! The example servers for client tests, and what a client does with each.

/// An example server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Example {
    /// The name of its binary.
    pub(crate) name: &'static str,
    /// The scope of the login, followed by the scopes of each step-up, in order.
    pub(crate) scopes: &'static [&'static str],
    /// The calls of a client, in order.
    pub(crate) calls: &'static [Call],
}

/// One call of a tool.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) tool: &'static str,
    /// The arguments as JSON.
    pub(crate) arguments: &'static str,
    /// The text in the result that a user sees.
    shows: &'static str,
    /// How many of the scopes a client has when it makes this call.
    pub(crate) scopes: usize,
}

/// A server with one login scope and two step-up scopes; every item is protected.
const EVERYTHING: Example = Example {
    name: "everything",
    scopes: &["everything:use", "everything:write", "everything:erase"],
    calls: &[
        Call::new("whoami", "{}", "developer with", 1),
        Call::new("write", "{}", "written", 2),
        Call::new("erase", "{}", "erased", 3),
    ],
};

/// A server with a public tool and protected ones.
const TODO: Example = Example {
    name: "todo",
    scopes: &["todo:read", "todo:write"],
    calls: &[
        Call::new("list_todos", "{}", "todos", 1),
        Call::new("add_todo", r#"{"title": "Buy milk"}"#, "Buy milk", 2),
    ],
};

/// The servers that every client runs against.
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
    /// Returns the calls in the format of `INTEROP_CALLS`.
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
