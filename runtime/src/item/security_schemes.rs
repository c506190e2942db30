//! What a tool asks for, as clients read it before they call: `securitySchemes`, which
//! the OpenAI Apps SDK has at a tool and in its `_meta`.

use serde_json::{Value, json};

use crate::{access::Requirement, scope::Scope};

/// The member, there and in `_meta`.
pub(crate) const SCHEMES: &str = "securitySchemes";

/// One scheme for each alternative. What only arguments can make it demand is an
/// alternative of a public tool alone: elsewhere a call names it when it comes to that.
pub(crate) fn schemes(requirement: Requirement, demands: &[Scope]) -> Value {
    let oauth = |scopes: &[Scope]| {
        let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        json!({"type": "oauth2", "scopes": scopes})
    };
    match requirement {
        Requirement::Public if demands.is_empty() => json!([{"type": "noauth"}]),
        Requirement::Public => json!([{"type": "noauth"}, oauth(demands)]),
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
        for (requirement, demands, expected) in [
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
                schemes(requirement, demands),
                expected,
                "{requirement:?} {demands:?}"
            );
        }
    }
}
