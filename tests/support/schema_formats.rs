//! The published schemas of a server, read without the code that generates them.

use serde_json::{Value, json};

use crate::{
    client::{Client, Revision},
    consenting_user::ConsentingUser,
    server_process::Serving,
};

/// Every format of JSON Schema 2020-12 (validation §7.3).
const FORMATS: [&str; 19] = [
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "idn-email",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
];

/// Returns the formats in a message, at any depth, that JSON Schema does not define.
#[must_use]
pub fn other_formats(message: &Value) -> Vec<String> {
    let format = message.get("format").and_then(Value::as_str);
    let other = format.filter(|format| !FORMATS.contains(format));
    let mut found: Vec<_> = other.map(str::to_owned).into_iter().collect();
    match message {
        Value::Array(items) => found.extend(items.iter().flat_map(other_formats)),
        Value::Object(members) => found.extend(members.values().flat_map(other_formats)),
        _ => {}
    }
    found
}

/// Lists the tools of a server as a user with every scope, and checks that all schemas use only
/// standard formats.
///
/// # Panics
///
/// If a schema has another format, or the server lists no tool.
pub async fn has_standard_formats(server: &Serving) {
    let mut client = Client::new(server.resource(), Revision::Stateless);
    let metadata = server.url("/.well-known/oauth-protected-resource");
    let metadata = client.get(&metadata).await.json();
    let scopes = metadata["scopes_supported"].as_array().expect("scopes");
    let scopes: Vec<_> = scopes.iter().filter_map(Value::as_str).collect();
    let ada = ConsentingUser {
        name: "ada",
        allows: &scopes.join(" "),
    };
    client = client.with_token(ada.log_in(&server.resource()).await);
    let list = client.request("tools/list", json!({})).await.json();
    let tools = list["result"]["tools"].as_array().expect("tools");
    assert!(!tools.is_empty(), "{list}");
    for tool in tools {
        let other = other_formats(tool);
        assert!(other.is_empty(), "{other:?}: {tool}");
    }
}
