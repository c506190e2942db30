//! Resolves `$ref`, and refuses cycles.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{
    node::{Node, NodeId},
    schema_document::{Place, SchemaErrors},
};

/// Resolves a `$ref` within its document. Returns the place and the schema there.
///
/// # Errors
///
/// If it names another document, an anchor or a missing place.
pub(super) fn target<'d>(
    reference: &Value,
    document: &'d Value,
) -> Result<(Place, &'d Value), (String, &'static str)> {
    let error = |what: &str| match reference {
        Value::String(text) => format!("the `$ref` to {text:?} {what}"),
        _ => "the keyword `$ref` must be a string".to_owned(),
    };
    let pointer = reference
        .as_str()
        .and_then(|text| text.strip_prefix('#'))
        .and_then(|text| percent_decode_str(text).decode_utf8().ok())
        .filter(|pointer| pointer.is_empty() || pointer.starts_with('/'))
        .ok_or_else(|| {
            (
                error("points outside this schema or to an anchor, which is not implemented"),
                "copy the schema into `$defs` and refer to its place, such as `#/$defs/Filter`",
            )
        })?;
    document
        .pointer(&pointer)
        .map(|value| (pointer.into_owned(), value))
        .ok_or_else(|| {
            (
                error("points to nothing"),
                "put a schema there, or refer to an existing place",
            )
        })
}

/// Refuses schemas that apply themselves to the same value: their check would never end.
pub(super) fn refuse_circles(
    nodes: &[Node],
    places: &HashMap<Place, NodeId>,
    errors: &mut SchemaErrors,
) {
    let mut states = vec![State::New; nodes.len()];
    let places = places.iter().map(|(place, id)| (place.clone(), *id));
    let mut places: Vec<(Place, NodeId)> = places.collect();
    places.sort_unstable();
    for (place, id) in places {
        if is_in_circle(nodes, id, &mut states) {
            errors.add(
                &place,
                "a `$ref` leads back to the schema that contains it, for the same value",
                "refer to it from a member or an item, as in a tree, or remove the `$ref`",
            );
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    /// On the current path.
    Open,
    Done,
}

/// Returns whether a new schema leads back to one on its path.
fn is_in_circle(nodes: &[Node], start: NodeId, states: &mut [State]) -> bool {
    // The path, with the schemas left to visit from each. Not recursive, because chains may
    // be long.
    let mut way: Vec<(NodeId, Vec<NodeId>)> = Vec::new();
    let mut is_circle = false;
    let mut next = Some(start);
    loop {
        if let Some(id) = next.take() {
            match states.get(id).copied().unwrap_or(State::Done) {
                State::Done => {}
                State::Open => is_circle = true,
                State::New => {
                    if let Some(state) = states.get_mut(id) {
                        *state = State::Open;
                    }
                    let inner = nodes.get(id).map(Node::at_same_place);
                    way.push((id, inner.unwrap_or_default()));
                }
            }
        }
        let Some((id, left)) = way.last_mut() else {
            return is_circle;
        };
        next = left.pop();
        if next.is_none() {
            if let Some(state) = states.get_mut(*id) {
                *state = State::Done;
            }
            way.pop();
        }
    }
}
