//! A call's arguments, judged by the very schema that is published.

use serde_json::{Map, Value};

use crate::{
    error::Faults,
    item::{ToolError, redaction},
    json_schema::{Broken, Fault, Schema},
};

/// How many faults of a call are told at once.
const TOLD: usize = 5;
/// The longest text of one fault, in bytes.
const LONGEST: usize = 400;

/// Checks arguments and fills in defaults.
pub(super) struct Input {
    schema: Option<Schema>,
    defaults: Vec<(&'static str, Value)>,
    names: Vec<String>,
}

impl Input {
    /// Compiles a schema. What is wrong with it, or with a default, goes to `faults`.
    pub(super) fn new(
        tool: &str,
        schema: &Map<String, Value>,
        defaults: Vec<(&'static str, Value)>,
        names: Vec<String>,
        faults: &mut Faults,
    ) -> Self {
        let compiled = Schema::compile(schema).map_err(|wrong| {
            for fault in wrong {
                let what = redaction::cut(&fault.what, LONGEST);
                faults.add(
                    format!("the schema of the arguments of the tool `{tool}` is wrong: {what}"),
                    fault.remedy,
                );
            }
        });
        let input = Self {
            schema: compiled.ok(),
            defaults,
            names,
        };
        for (name, value) in &input.defaults {
            let mut alone = Map::new();
            alone.insert((*name).to_owned(), value.clone());
            for fault in input.faults(&Value::Object(alone), usize::MAX) {
                // Other arguments are missing here, which is no fault of the default's.
                if fault.depth > 0 {
                    faults.add(
                        format!(
                            "the tool `{tool}`: the default breaks the argument's own rules: {}",
                            tell(&fault, &input.names)
                        ),
                        "mend the default or the rule",
                    );
                }
            }
        }
        input
    }

    /// The arguments with defaults filled in, if the schema allows them.
    ///
    /// # Errors
    ///
    /// A text that names each argument and the rule that it breaks, up to [`TOLD`].
    pub(super) fn check(
        &self,
        mut arguments: Map<String, Value>,
    ) -> Result<Map<String, Value>, ToolError> {
        for (name, value) in &self.defaults {
            if !arguments.contains_key(*name) {
                arguments.insert((*name).to_owned(), value.clone());
            }
        }
        let arguments = Value::Object(arguments);
        let faults = self.faults(&arguments, TOLD + 1);
        if self.schema.is_some()
            && faults.is_empty()
            && let Value::Object(arguments) = arguments
        {
            return Ok(arguments);
        }
        let told = faults.iter().take(TOLD);
        let mut told: Vec<String> = told.map(|fault| tell(fault, &self.names)).collect();
        if faults.len() > TOLD {
            told.push("and more".to_owned());
        }
        Err(ToolError::new(format!(
            "the call was not made: {}",
            told.join("; ")
        )))
    }

    fn faults(&self, arguments: &Value, most: usize) -> Vec<Fault> {
        let schema = self.schema.as_ref();
        schema.map_or_else(Vec::new, |schema| schema.faults(arguments, most))
    }
}

/// One fault as a person or a model can mend it: which argument, which rule.
fn tell(fault: &Fault, names: &[String]) -> String {
    let path = fault.path.as_str();
    let full = |name: &str| match path {
        "" => format!("`{name}`"),
        _ => format!("`{path}.{name}`"),
    };
    let text = match &fault.broken {
        Broken::Missing(name) => format!("the argument {} is missing", full(name)),
        Broken::Unknown(unknown) => {
            let unknown: Vec<String> = unknown.iter().map(|name| full(name)).collect();
            let unknown = unknown.join(", ");
            match (path, names) {
                ("", []) => format!("there is no argument {unknown}; the tool has none"),
                ("", names) => format!(
                    "there is no argument {unknown}; there are {}",
                    names.join(", ")
                ),
                _ => format!("there is no argument {unknown}"),
            }
        }
        Broken::Type(kind) => format!("the argument `{path}` must be of type {kind}"),
        Broken::Rule { keyword, text } => match path {
            "" => format!("the object of all arguments breaks the rule `{keyword}`: {text}"),
            _ => format!("the argument `{path}` breaks the rule `{keyword}`: {text}"),
        },
        Broken::TooComplicated => {
            "the arguments are too many or too deeply nested to be checked".to_owned()
        }
    };
    redaction::cut(&text, LONGEST)
}
