//! Which values a schema allows, and which schemas are refused.

mod agreement;
mod branches;
mod constants;
mod errors;
mod fitting;
mod generated;
mod publication;
mod refusals;
mod vectors;
mod worst;

use serde_json::Value;

use super::Schema;

fn compile(schema: &Value) -> Schema {
    let object = schema.as_object().expect("a schema of a test is an object");
    Schema::compile(object).unwrap_or_else(|errors| panic!("{schema}: {errors:?}"))
}
