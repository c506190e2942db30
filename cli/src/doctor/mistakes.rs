//! Mistakes that the checks find. Tests plant each of them; `docs/doctor.md` lists them.

/// The check that finds a mistake, with a variant after `/`, and the mistake.
pub(crate) static MISTAKES: &[(&str, &str)] = &[
    ("program.runs/missing", "the program is not at this path"),
    (
        "program.runs/silent",
        "the program waits for something before it reads its arguments",
    ),
    ("program.runs/endless", "the program prints without end"),
    (
        "program.form/other",
        "the program is not built with `toolgate::cli`",
    ),
    ("program.settings/value", "a variable has an invalid value"),
    (
        "program.settings/name",
        "the name of a variable is misspelt",
    ),
    (
        "program.metadata/no_issuer",
        "the address is public, and no authorization server is set",
    ),
    (
        "program.warnings/precedence",
        "two variables set the same thing differently",
    ),
    (
        "program.issuer/development",
        "the development issuer is used",
    ),
    (
        "program.state_key/missing",
        "a public server has no state key",
    ),
    ("issuer.metadata/down", "the authorization server is down"),
    (
        "issuer.metadata/path",
        "its URL has the path of another tenant, or a mistyped one",
    ),
    ("issuer.same/slash", "its URL has an extra slash"),
    (
        "issuer.consistent/realms",
        "its documents describe two different servers",
    ),
    ("issuer.pkce/none", "it does not support PKCE"),
    (
        "issuer.endpoints/http",
        "it publishes endpoints without TLS",
    ),
    (
        "issuer.code/none",
        "it does not support the authorization code grant",
    ),
    ("issuer.jwks/gone", "its key set is not where it says"),
    (
        "issuer.jwks_public/private",
        "its key set has a private key",
    ),
    (
        "authorization.keys/curve",
        "its keys are of a kind that is not accepted",
    ),
    ("authorization.keys/short", "its RSA key is too short"),
    (
        "authorization.opaque/no_keys",
        "its tokens are opaque, and nothing is set to introspect them",
    ),
    (
        "authorization.introspection/none",
        "introspection is set, and it has no introspection endpoint",
    ),
    (
        "authorization.client/by_hand",
        "clients cannot register by themselves",
    ),
    (
        "authorization.scopes/unknown",
        "scopes of the program are not registered there",
    ),
    ("authorization.clock/ahead", "its clock is wrong"),
    ("public.reachable/nothing", "nothing runs"),
    (
        "public.reachable/proxy",
        "the server runs, and the proxy before it does not",
    ),
    (
        "public.endpoint/gateway",
        "the proxy runs, and the server behind it does not",
    ),
    ("public.endpoint/path", "the proxy changes the path"),
    (
        "public.endpoint/redirect",
        "the proxy redirects, for example to a login page of its own",
    ),
    ("public.host/changed", "the proxy changes `Host`"),
    ("public.same/stale", "the running server has older settings"),
    (
        "public.authorization/removed",
        "the proxy removes `Authorization`",
    ),
    (
        "public.origins/stale",
        "the running server does not allow an origin of the settings",
    ),
    (
        "public.origins/doubled",
        "the proxy adds CORS headers to those of the server",
    ),
    (
        "public.ready/blocked",
        "a firewall blocks the server's requests to its authorization server",
    ),
    ("public.clock/behind", "the clock of the server is wrong"),
    (
        "challenge.header/removed",
        "the proxy removes `WWW-Authenticate`",
    ),
    (
        "metadata.path/not_forwarded",
        "the proxy does not forward the well-known paths",
    ),
    ("cors.preflight/refused", "the proxy refuses `OPTIONS`"),
];
