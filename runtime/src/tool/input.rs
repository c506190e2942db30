//! A call's arguments, judged by the very schema that is published.

use jsonschema::{
    Draft, PatternOptions, ValidationError, Validator,
    error::{TypeKind, ValidationErrorKind},
    paths::LocationSegment,
};
use serde_json::{Map, Value};

use super::{ToolError, redact};
use crate::error::Faults;

/// How many faults of a call are told at once.
const TOLD: usize = 5;
/// The longest text of one fault, in bytes.
const LONGEST: usize = 400;

/// Checks arguments and fills in defaults.
pub(super) struct Input {
    validator: Option<Validator>,
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
        let validator = match compile(schema) {
            Ok(validator) => Some(validator),
            Err(fault) => {
                faults.add(
                    format!("the schema of the arguments of the tool `{tool}` is wrong: {fault}"),
                    "patterns are regular expressions without look-around and back-references, so that no argument can make them slow",
                );
                None
            }
        };
        let input = Self {
            validator,
            defaults,
            names,
        };
        let checked = input.defaults.iter().map(|(name, value)| (*name, value));
        for (name, value) in checked {
            for error in input.errors(&Value::Object(Map::from_iter([(
                name.to_owned(),
                value.clone(),
            )]))) {
                // Other arguments are missing here, which is no fault of the default's.
                if error.instance_path().iter().next().is_some() {
                    faults.add(
                        format!(
                            "the tool `{tool}`: the default breaks the argument's own rules: {}",
                            tell(&error, &input.names)
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
        if self
            .validator
            .as_ref()
            .is_some_and(|validator| validator.is_valid(&arguments))
            && let Value::Object(arguments) = arguments
        {
            return Ok(arguments);
        }
        let mut errors = self.errors(&arguments);
        let mut told: Vec<String> = errors
            .by_ref()
            .take(TOLD)
            .map(|error| tell(&error, &self.names))
            .collect();
        if errors.next().is_some() {
            told.push("and more".to_owned());
        }
        Err(ToolError::new(format!(
            "the call was not made: {}",
            told.join("; ")
        )))
    }

    fn errors<'i>(
        &'i self,
        arguments: &'i Value,
    ) -> Box<dyn Iterator<Item = ValidationError<'i>> + 'i> {
        match &self.validator {
            Some(validator) => Box::new(validator.iter_errors(arguments)),
            None => Box::new(std::iter::empty()),
        }
    }
}

fn compile(schema: &Map<String, Value>) -> Result<Validator, String> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        // What is published is enforced, `format` included.
        .should_validate_formats(true)
        // Linear in the length of the text, whatever the pattern: no call can make it slow.
        .with_pattern_options(PatternOptions::regex())
        .build(&Value::Object(schema.clone()))
        .map_err(|fault| redact::cut(&fault.to_string(), LONGEST))
}

/// One fault as a person or a model can mend it: which argument, which rule. The value is
/// never repeated: it is the caller's, and may be megabytes.
fn tell(error: &ValidationError<'_>, names: &[String]) -> String {
    let error = deepest(error);
    let path = dotted(error);
    let text = match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            match path.as_str() {
                "" => format!("the argument `{name}` is missing"),
                _ => format!("the argument `{path}.{name}` is missing"),
            }
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let unknown = unexpected.iter().take(TOLD);
            let unknown: Vec<String> = unknown
                .map(|name| match path.as_str() {
                    "" => format!("`{}`", redact::cut(name, 64)),
                    _ => format!("`{path}.{}`", redact::cut(name, 64)),
                })
                .collect();
            let unknown = unknown.join(", ");
            match (path.as_str(), names) {
                ("", []) => format!("there is no argument {unknown}; the tool has none"),
                ("", names) => format!(
                    "there is no argument {unknown}; there are {}",
                    names.join(", ")
                ),
                _ => format!("there is no argument {unknown}"),
            }
        }
        ValidationErrorKind::Type {
            kind: TypeKind::Single(kind),
        } => {
            format!("the argument `{path}` must be of type {kind}")
        }
        kind => format!(
            "the argument `{path}` breaks the rule `{}`: {}",
            kind.keyword(),
            error.masked_with("it")
        ),
    };
    redact::cut(&text, LONGEST)
}

/// Where a choice failed, the branch that came furthest says more than the choice.
fn deepest<'e>(error: &'e ValidationError<'e>) -> &'e ValidationError<'e> {
    let (ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }) =
        error.kind()
    else {
        return error;
    };
    let depth = |error: &ValidationError<'_>| error.instance_path().iter().count();
    let own = depth(error);
    let inner = context.iter().flatten().max_by_key(|inner| depth(inner));
    inner
        .filter(|inner| depth(inner) > own)
        .map_or(error, deepest)
}

/// `filter.tags[0]`.
fn dotted(error: &ValidationError<'_>) -> String {
    let mut path = String::new();
    for segment in error.instance_path() {
        match segment {
            LocationSegment::Property(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&redact::cut(&name, 64));
            }
            LocationSegment::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    path
}
