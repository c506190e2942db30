//! Validates a call's arguments against the published schema.

use serde_json::{Map, Value};
use toolgate_json_schema::{Schema, ValidationError, ValidationErrorKind};

use crate::{error::SetupErrors, item::CallError, log_text::redaction};

/// The maximum number of errors in one message.
const REPORTED: usize = 5;
/// The longest text of one error, in bytes.
const LONGEST: usize = 400;

/// Validates arguments and adds defaults.
pub(super) struct ArgumentValidator {
    schema: Option<Schema>,
    defaults: Vec<(&'static str, Value)>,
    names: Vec<String>,
    /// Optional arguments whose schema does not allow `null`. Models send it for what they leave
    /// out.
    never_null: Vec<String>,
}

impl ArgumentValidator {
    /// Compiles a schema. Errors of the schema and of defaults are added to `faults`.
    pub(super) fn new(
        tool: &str,
        schema: &Map<String, Value>,
        defaults: Vec<(&'static str, Value)>,
        names: Vec<String>,
        faults: &mut SetupErrors,
    ) -> Self {
        let compiled = Schema::compile(schema).map_err(|errors| {
            for error in errors {
                let what = redaction::cut(&error.what, LONGEST);
                faults.add(
                    format!("the schema of the arguments of the tool `{tool}` is wrong: {what}"),
                    error.remedy,
                );
            }
        });
        let mut validator = Self {
            schema: compiled.ok(),
            defaults,
            names,
            never_null: Vec::new(),
        };
        let required = schema.get("required").and_then(Value::as_array);
        let is_required =
            |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
        let properties = schema.get("properties").and_then(Value::as_object);
        let optional = properties.into_iter().flatten().map(|(name, _)| name);
        let never_null = optional.filter(|name| {
            let mut alone = Map::new();
            alone.insert((*name).clone(), Value::Null);
            let errors = validator.errors(&Value::Object(alone), usize::MAX);
            !is_required(name) && errors.iter().any(|error| error.depth > 0)
        });
        validator.never_null = never_null.cloned().collect();
        for (name, value) in &validator.defaults {
            let mut alone = Map::new();
            alone.insert((*name).to_owned(), value.clone());
            for error in validator.errors(&Value::Object(alone), usize::MAX) {
                // The other arguments are missing here, which is not an error of the default.
                if error.depth > 0 {
                    faults.add(
                        format!(
                            "the tool `{tool}`: the default breaks the argument's own rules: {}",
                            describe(&error, &validator.names)
                        ),
                        "fix the default or the rule",
                    );
                }
            }
        }
        validator
    }

    /// Adds the defaults and validates the arguments. An optional argument that is `null` counts
    /// as left out, unless its type has a meaning for `null`.
    ///
    /// # Errors
    ///
    /// Returns an error that names each argument and the rule that it breaks, up to
    /// [`REPORTED`].
    pub(super) fn validate(
        &self,
        mut arguments: Map<String, Value>,
    ) -> Result<Map<String, Value>, CallError> {
        if arguments.values().any(Value::is_null) {
            arguments.retain(|name, value| !value.is_null() || !self.never_null.contains(name));
        }
        for (name, value) in &self.defaults {
            if !arguments.contains_key(*name) {
                arguments.insert((*name).to_owned(), value.clone());
            }
        }
        let arguments = Value::Object(arguments);
        let errors = self.errors(&arguments, REPORTED + 1);
        if self.schema.is_some()
            && errors.is_empty()
            && let Value::Object(arguments) = arguments
        {
            return Ok(arguments);
        }
        let reported = errors.iter().take(REPORTED);
        let mut reported: Vec<String> =
            reported.map(|error| describe(error, &self.names)).collect();
        if errors.len() > REPORTED {
            reported.push("and more".to_owned());
        }
        Err(CallError::unreadable(format!(
            "the call was not made: {}",
            reported.join("; ")
        )))
    }

    fn errors(&self, arguments: &Value, most: usize) -> Vec<ValidationError> {
        let schema = self.schema.as_ref();
        schema.map_or_else(Vec::new, |schema| schema.errors(arguments, most))
    }
}

/// Describes one error so that a person or a model can fix it: which argument, which rule.
fn describe(error: &ValidationError, names: &[String]) -> String {
    let path = error.path.as_str();
    let full = |name: &str| match path {
        "" => format!("`{name}`"),
        _ => format!("`{path}.{name}`"),
    };
    let text = match &error.kind {
        ValidationErrorKind::Missing(name) => format!("the argument {} is missing", full(name)),
        ValidationErrorKind::Unknown(unknown) => {
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
        ValidationErrorKind::Type(kind) => format!("the argument `{path}` must be of type {kind}"),
        ValidationErrorKind::Rule { keyword, text } => match path {
            "" => format!("the object of all arguments breaks the rule `{keyword}`: {text}"),
            _ => format!("the argument `{path}` breaks the rule `{keyword}`: {text}"),
        },
        ValidationErrorKind::TooComplicated => {
            "the arguments are too many or too deeply nested to be checked".to_owned()
        }
    };
    redaction::cut(&text, LONGEST)
}
