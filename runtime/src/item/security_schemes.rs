//! `securitySchemes`: the access that an item requires, for clients that read it before a call.
//! The OpenAI Apps SDK defines it as a member of a tool and of its `_meta`.

use serde_json::{Value, json};

use crate::{access::Requirement, scope::Scope};

/// The name of the member.
pub(crate) const SCHEMES: &str = "securitySchemes";

/// Returns one scheme for each alternative. `authorize_scopes` are a further scheme of a public
/// tool; for other tools only the challenge of a denied call names them.
pub(crate) fn schemes(requirement: Requirement, authorize_scopes: &[Scope]) -> Value {
    let oauth = |scopes: &[Scope]| {
        let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        json!({"type": "oauth2", "scopes": scopes})
    };
    match requirement {
        Requirement::Public if authorize_scopes.is_empty() => json!([{"type": "noauth"}]),
        Requirement::Public => json!([{"type": "noauth"}, oauth(authorize_scopes)]),
        Requirement::Authenticated => json!([{"type": "oauth2"}]),
        Requirement::Scopes(sets) => sets.iter().map(|set| oauth(set)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Scope = Scope::new("a");
    const B: Scope = Scope::new("b");

    #[test]
    fn each_alternative_is_a_scheme() {
        for (requirement, authorize_scopes, expected) in [
            (Requirement::Public, &[][..], json!([{"type": "noauth"}])),
            (
                Requirement::Public,
                &[B][..],
                json!([{"type": "noauth"}, {"type": "oauth2", "scopes": ["b"]}]),
            ),
            (
                Requirement::Authenticated,
                &[B][..],
                json!([{"type": "oauth2"}]),
            ),
            (
                Requirement::Scopes(&[&[A, B], &[B]]),
                &[A][..],
                json!([{"type": "oauth2", "scopes": ["a", "b"]}, {"type": "oauth2", "scopes": ["b"]}]),
            ),
        ] {
            assert_eq!(
                schemes(requirement, authorize_scopes),
                expected,
                "{requirement:?} {authorize_scopes:?}"
            );
        }
    }
}
