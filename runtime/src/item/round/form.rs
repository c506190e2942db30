//! Forms: the schema of a type, in the subset of JSON Schema that clients can show.

use rmcp::model::{ElicitationSchema, PrimitiveSchemaDefinition};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use toolgate_json_schema::{publish_with, without_null};

/// The formats of form fields (MCP, elicitation). A client can refuse others.
const FORMATS: &[&str] = &["date", "date-time", "email", "uri"];

/// Checks that a type can be a form.
pub(crate) fn check_form<A: JsonSchema>() -> Result<(), String> {
    form_of::<A>().map(|_| ())
}

/// Returns the form for a type. An error names the fields that no form can hold.
pub(super) fn form_of<A: JsonSchema>() -> Result<ElicitationSchema, String> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<A>();
    form(std::mem::take(schema.ensure_object())).map_err(|what| {
        let name = A::schema_name();
        format!("`{name}` asks for input that no form can hold: {what}")
    })
}

fn form(mut schema: Map<String, Value>) -> Result<ElicitationSchema, String> {
    let no_struct = || "it is not a struct with named fields".to_owned();
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    let mut optional = Vec::new();
    let mut errors = Vec::new();
    for (name, field) in fields.ok_or_else(no_struct)? {
        let kind = field.get("type").map(Value::to_string);
        let is_held = field.as_object_mut().is_some_and(|field| {
            if prepare(field) {
                optional.push(name.clone());
            }
            PrimitiveSchemaDefinition::deserialize(&*field).is_ok()
        });
        if !is_held {
            let kind = kind
                .map(|kind| format!(" of type {kind}"))
                .unwrap_or_default();
            errors.push(format!("the field `{name}`{kind}"));
        }
    }
    if !errors.is_empty() {
        return Err(errors.join(", "));
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| !optional.iter().any(|optional| name == optional));
    }
    ElicitationSchema::from_json_schema(schema).map_err(|_| no_struct())
}

/// Writes a field as forms have it. Returns whether the user can leave it empty.
fn prepare(field: &mut Map<String, Value>) -> bool {
    let is_optional = without_null(field);
    if field.get("default").is_some_and(Value::is_null) {
        field.remove("default");
    }
    let is_list = field.get("type").is_some_and(|name| name == "array");
    match field.get_mut("items").and_then(Value::as_object_mut) {
        Some(items) if is_list => {
            // Any number of them can be chosen (MCP, elicitation: "Multi-Select Enum").
            if let Some(titled) = titled(items) {
                *items = Map::from_iter([("anyOf".to_owned(), titled)]);
            }
        }
        _ => match titled(field) {
            Some(titled) => {
                field.insert("type".to_owned(), "string".into());
                field.insert("oneOf".to_owned(), titled);
            }
            None => publish_with(field, |format| FORMATS.contains(&format)),
        },
    }
    limit_to_i64(field);
    is_optional
}

/// Returns the choices of an enum whose variants have doc comments, each with its text as title.
fn titled(schema: &Map<String, Value>) -> Option<Value> {
    let mut choices = Vec::new();
    for branch in schema.get("oneOf")?.as_array()? {
        let names = match (branch.get("const"), branch.get("enum")) {
            (Some(name), None) => std::slice::from_ref(name),
            (None, Some(Value::Array(names))) => names,
            _ => return None,
        };
        for name in names {
            let title = branch.get("description").unwrap_or(name);
            choices.push(json!({"const": name.as_str()?, "title": title}));
        }
    }
    Some(choices.into())
}

/// Lowers the maximum of an integer to the range of rmcp's form.
fn limit_to_i64(field: &mut Map<String, Value>) {
    let is_integer = field.get("type").is_some_and(|name| name == "integer");
    if let Some(maximum) = field.get_mut("maximum")
        && is_integer
        && maximum.as_u64() > Some(i64::MAX.unsigned_abs())
    {
        *maximum = i64::MAX.into();
    }
}

#[cfg(test)]
mod tests;
