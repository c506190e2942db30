//! The mistakes: the check that finds each, the other checks that also fail, and the change.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde_json::json;

use crate::{issuer::IssuerFaults, scene::Scene};

/// A mistake: its id, the ids of further findings, and the change of a correct scene.
pub(crate) type Mistake = (&'static str, &'static [&'static str], fn(&mut Scene));

/// The shell of some planted programs, which Unix has.
pub(crate) const SHELL: &str = "/bin/sh";

/// A date in the past.
const PAST: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

fn members(members: serde_json::Value) -> IssuerFaults {
    IssuerFaults {
        members,
        ..IssuerFaults::default()
    }
}

fn keys(key: serde_json::Value) -> IssuerFaults {
    IssuerFaults {
        keys: Some(json!({"keys": [key]})),
        ..IssuerFaults::default()
    }
}

/// In the order of the documentation.
pub(crate) static PLANTED: &[Mistake] = &[
    ("program.runs/missing", &[], |scene| {
        scene.program = Some(&["./nowhere"]);
    }),
    ("program.runs/silent", &[], |scene| {
        scene.program = Some(&[SHELL, "-c", "sleep 60"]);
    }),
    ("program.runs/endless", &[], |scene| {
        scene.program = Some(&[SHELL, "-c", "while :; do echo yes; done"]);
    }),
    ("program.form/other", &[], |scene| {
        scene.program = Some(&[SHELL, "-c", "echo hello"]);
    }),
    ("program.settings/value", &[], |scene| {
        scene.variables.push(("TOOLGATE_DRAIN_SECONDS", "soon"));
        scene.is_server_down = true;
    }),
    ("program.settings/name", &[], |scene| {
        scene
            .variables
            .push(("TOOLGATE_ALLOWED_ORIGIN", "https://app.example"));
        scene.is_server_down = true;
    }),
    ("program.metadata/no_issuer", &[], |scene| {
        scene.has_issuer = false;
        scene
            .variables
            .push(("TOOLGATE_RESOURCE", "https://mcp.example.invalid/mcp"));
        scene.variables.push((
            "TOOLGATE_STATE_KEY",
            "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        ));
        scene.is_server_down = true;
    }),
    ("program.warnings/precedence", &[], |scene| {
        scene
            .variables
            .push(("TOOLGATE_AUDIENCES", "https://one.example"));
        scene
            .variables
            .push(("SCALEKIT_AUDIENCE_NAME", "https://two.example"));
    }),
    ("program.issuer/development", &[], |scene| {
        scene.has_issuer = false;
    }),
    (
        "program.state_key/missing",
        &["public.reachable"],
        |scene| {
            scene
                .variables
                .push(("TOOLGATE_RESOURCE", "https://mcp.example.invalid/mcp"));
            scene.is_server_down = true;
        },
    ),
    ("issuer.metadata/down", &["public.ready"], |scene| {
        scene.is_issuer_down = true;
    }),
    ("issuer.metadata/path", &["public.ready"], |scene| {
        scene.issuer_suffix = "/tenant";
    }),
    ("issuer.same/slash", &["public.ready"], |scene| {
        scene.issuer_suffix = "/";
    }),
    ("issuer.consistent/realms", &[], |scene| {
        scene.issuer.second = json!({"token_endpoint": "https://other.example/token"});
    }),
    ("issuer.pkce/none", &[], |scene| {
        scene.issuer = members(json!({"code_challenge_methods_supported": null}));
    }),
    ("issuer.endpoints/http", &[], |scene| {
        scene.issuer = members(json!({"token_endpoint": "http://login.example/token"}));
    }),
    ("issuer.code/none", &[], |scene| {
        scene.issuer = members(json!({"grant_types_supported": ["client_credentials"]}));
    }),
    ("issuer.jwks/gone", &["public.ready"], |scene| {
        scene.issuer = IssuerFaults {
            second: json!({}),
            ..members(json!({"jwks_uri": "http://127.0.0.1:1/keys"}))
        };
    }),
    ("issuer.jwks_public/private", &[], |scene| {
        let mut key = support::SigningKey::p256("p").jwk();
        key["d"] = "AAAA".into();
        scene.issuer = keys(key);
    }),
    ("authorization.keys/curve", &[], |scene| {
        scene.issuer = keys(json!({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"}));
    }),
    ("authorization.keys/short", &[], |scene| {
        let modulus = "g".repeat(171);
        scene.issuer = keys(json!({"kty": "RSA", "n": modulus, "e": "AQAB"}));
    }),
    ("authorization.opaque/no_keys", &["public.ready"], |scene| {
        scene.issuer = members(json!({"jwks_uri": null}));
    }),
    (
        "authorization.introspection/none",
        &["public.ready"],
        |scene| {
            scene
                .variables
                .push(("TOOLGATE_INTROSPECTION_CLIENT_ID", "me"));
            scene
                .variables
                .push(("TOOLGATE_INTROSPECTION_CLIENT_SECRET", "secret"));
        },
    ),
    (
        "authorization.client/by_hand",
        &["issuer.registration"],
        |scene| {
            scene.issuer = members(json!({"registration_endpoint": null}));
        },
    ),
    ("authorization.scopes/unknown", &[], |scene| {
        scene.issuer = members(json!({"scopes_supported": ["openid", "desk:read"]}));
    }),
    ("authorization.clock/ahead", &[], |scene| {
        scene.issuer = IssuerFaults {
            date: Some("Mon, 01 Jan 2096 00:00:00 GMT"),
            ..IssuerFaults::default()
        };
    }),
    ("public.reachable/nothing", &[], |scene| {
        scene.is_server_down = true;
        scene.is_proxy_down = true;
    }),
    ("public.reachable/proxy", &[], |scene| {
        scene.is_proxy_down = true;
    }),
    ("public.endpoint/gateway", &[], |scene| {
        scene.is_server_down = true;
    }),
    ("public.endpoint/path", &[], |scene| {
        scene.before = |request| {
            request.uri = format!("/backend{}", request.uri).parse().expect("a path");
            None
        };
    }),
    ("public.endpoint/redirect", &[], |scene| {
        scene.before = |_| Some(Redirect::to("https://sso.example/").into_response());
    }),
    ("public.host/changed", &[], |scene| {
        scene.before = |request| {
            let name = "backend.internal".parse().expect("a header");
            request.headers.insert(header::HOST, name);
            None
        };
    }),
    ("public.same/stale", &[], |scene| {
        scene
            .stale
            .push(("TOOLGATE_DOCS_URL", "https://docs.example/old"));
    }),
    ("public.authorization/removed", &[], |scene| {
        scene.before = |request| {
            request.headers.remove(header::AUTHORIZATION);
            None
        };
    }),
    ("public.origins/stale", &["cors.preflight"], |scene| {
        scene
            .variables
            .push(("TOOLGATE_ALLOWED_ORIGINS", "https://app.example"));
        scene
            .stale
            .push(("TOOLGATE_ALLOWED_ORIGINS", "https://old.example"));
    }),
    ("public.origins/doubled", &["cors.preflight"], |scene| {
        scene
            .variables
            .push(("TOOLGATE_ALLOWED_ORIGINS", "https://app.example"));
        scene.after = |response| {
            let any = "*".parse().expect("a header");
            response
                .headers_mut()
                .append(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
        };
    }),
    ("public.ready/blocked", &[], |scene| {
        scene.issuer = IssuerFaults {
            blocks_server: true,
            ..IssuerFaults::default()
        };
    }),
    ("public.clock/behind", &[], |scene| {
        scene.after = |response| {
            let past = PAST.parse().expect("a header");
            response.headers_mut().insert(header::DATE, past);
        };
    }),
    ("challenge.header/removed", &[], |scene| {
        scene.after = |response| {
            response.headers_mut().remove(header::WWW_AUTHENTICATE);
        };
    }),
    (
        "metadata.path/not_forwarded",
        &[
            "challenge.resource_metadata_resolves",
            "cors.metadata",
            "metadata.root",
        ],
        |scene| {
            scene.before = |request| {
                let is_well_known = request.uri.path().starts_with("/.well-known/");
                is_well_known.then(|| StatusCode::NOT_FOUND.into_response())
            };
        },
    ),
    ("cors.preflight/refused", &[], |scene| {
        scene.before = |request| {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            (request.method == Method::OPTIONS).then_some(response)
        };
    }),
];
