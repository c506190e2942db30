//! The server at its public address, compared with the program and, if there is a proxy, with the
//! server behind it.

use serde_json::Value;

use crate::{
    check_context::CheckContext,
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Warn},
        count,
    },
    http::{Request, Response},
    mcp_client::{Lifecycle, McpClient},
};

use super::{authorization_checks::within, http_date, program_checks::Declared};

static REACHABLE: Check = Check::new(
    "public.reachable",
    Fail,
    "The public address answers.",
    "`TOOLGATE_RESOURCE`",
    "Start the server. If it runs, correct the name in the DNS, the certificate, the firewall or the proxy.",
);
static ENDPOINT: Check = Check::new(
    "public.endpoint",
    Fail,
    "The URL of the resource is the MCP endpoint.",
    "MCP 2026-07-28, Streamable HTTP",
    "Forward the path of the resource to the server. If the proxy changes the path, set TOOLGATE_LISTEN_PATH to the path that arrives.",
);
static HOST: Check = Check::new(
    "public.host",
    Fail,
    "The `Host` of a request arrives unchanged.",
    "RFC 9110 §7.2; a foreign `Host` is refused against DNS rebinding",
    "Make the proxy keep it (nginx: `proxy_set_header Host $http_host;`), or add the name to TOOLGATE_ALLOWED_HOSTS.",
);
static SAME: Check = Check::new(
    "public.same",
    Fail,
    "The server at the public address publishes what the program prints.",
    "RFC 9728 §3",
    "Restart the server with these settings. If it has them, the address leads to another server: correct the proxy or the DNS.",
);
static AUTHORIZATION: Check = Check::new(
    "public.authorization",
    Fail,
    "The `Authorization` of a request arrives.",
    "RFC 6750 §2.1",
    "Make the proxy pass `Authorization` on, and switch its own authentication off for these paths.",
);
static ORIGINS: Check = Check::new(
    "public.origins",
    Fail,
    "Pages of every allowed origin can read responses.",
    "Fetch standard, CORS protocol; `TOOLGATE_ALLOWED_ORIGINS`",
    "Restart the server with these settings. Make the proxy pass `Origin` on and add no `Access-Control-…` of its own.",
);
static READY: Check = Check::new(
    "public.ready",
    Fail,
    "The server is ready: it has the keys of its issuers.",
    "`/readyz`",
    "Read the server's log. If `issuer.metadata` passes here, the server cannot reach the issuer: check its firewall, DNS, certificates, and TOOLGATE_PRIVATE_ISSUERS for an issuer inside your network.",
);
static CLOCK: Check = Check::new(
    "public.clock",
    Warn,
    "The clock at the public address differs by less than the leeway.",
    "RFC 9110 §6.6.1",
    "Set the clock of the server by NTP: it decides when tokens expire.",
);

pub(super) static CHECKS: &[&Check] = &[
    &REACHABLE,
    &ENDPOINT,
    &HOST,
    &SAME,
    &AUTHORIZATION,
    &ORIGINS,
    &READY,
    &CLOCK,
];

/// The most origins that are tried.
const MOST_ORIGINS: usize = 16;

/// Checks the public address. Also returns whether it is the endpoint: only then are the checks of
/// `toolgate check` useful.
pub(super) async fn run(context: &CheckContext, declared: &Declared) -> (Vec<Finding>, bool) {
    let mut section = Section::new(CHECKS);
    let settings = &declared.settings;
    let opening = McpClient::new(&context.target, Lifecycle::Stateless, None).opening();
    let behind = opening
        .clone()
        .to(settings.local(&settings.endpoint))
        .header("host", context.target.authority());
    // To the server behind the proxy, or without a proxy to the same address again.
    let direct = context.http.send(behind).await;
    let here = settings.local("");
    let answer = match context.http.send(opening.clone()).await {
        Ok(answer) => answer,
        Err(error) => {
            let seen = match &direct {
                Ok(answer) => format!("{error}; behind it, {here} answers {}", answer.brief()),
                Err(own) => format!("{error}; {here}, where the program listens: {own}"),
            };
            section.record(&REACHABLE, Err(seen));
            ready(context, declared, &mut section).await;
            return (section.close("the public address does not answer"), false);
        }
    };
    section.record(&REACHABLE, Ok(answer.brief()));
    if let Some(ahead) = http_date::ahead(answer.header("date").as_deref()) {
        section.record(&CLOCK, within(ahead, settings.leeway));
    }
    ready(context, declared, &mut section).await;
    let is_refused = answer.status == 403 && answer.header("www-authenticate").is_none();
    let is_endpoint = !is_refused && is_endpoint(&answer);
    if is_refused {
        section.record(
            &HOST,
            Err(format!("{}: {}", answer.brief(), reason(&answer))),
        );
    } else if is_endpoint {
        section.record(&HOST, Ok("the server accepts it".to_owned()));
    }
    if !is_refused {
        let behind = match &direct {
            Ok(direct) => format!("; {here} answers {}", direct.brief()),
            Err(error) => format!("; {here}: {error}"),
        };
        let moved = answer.header("location");
        let moved = moved.map(|to| format!(" to {to}")).unwrap_or_default();
        section.record(
            &ENDPOINT,
            match is_endpoint {
                true => Ok(answer.brief()),
                false => Err(format!("{}{moved}{behind}", answer.brief())),
            },
        );
    }
    if !is_endpoint {
        return (
            section.close("the public address is not the endpoint"),
            false,
        );
    }
    if let Some(verdict) = same(context, declared).await {
        section.record(&SAME, verdict);
    }
    // Without a challenge nothing can be compared; the family `challenge` says so.
    if answer.header("www-authenticate").is_some() {
        let with_token = opening.clone().bearer("toolgate-doctor");
        match context.http.send(with_token).await {
            // The issuer has to verify the token and does not answer; `public.ready` reports it.
            Ok(answer) if answer.status == 503 => {
                section.skip(&AUTHORIZATION, answer.brief());
            }
            verdict => section.record(&AUTHORIZATION, verdict.and_then(|answer| arrives(&answer))),
        }
    }
    if !settings.origins.is_empty() {
        section.record(&ORIGINS, origins(context, declared, &opening).await);
    }
    (section.close("there is nothing to compare"), true)
}

/// Returns all checks of this module as skipped.
pub(super) fn skipped(reason: &str) -> Vec<Finding> {
    Section::new(CHECKS).close(reason)
}

/// An MCP endpoint answers with a challenge or with JSON-RPC.
fn is_endpoint(answer: &Response) -> bool {
    match answer.status {
        401 => true,
        300..=399 | 500..=599 => false,
        _ => answer.message().is_some(),
    }
}

/// Returns the text of a refusal, on one line.
fn reason(answer: &Response) -> String {
    let body = answer.json().unwrap_or_default();
    let texts = [
        &body["error_description"],
        &body["error"]["message"],
        &body["error"],
    ];
    let text = texts.iter().find_map(|text| text.as_str());
    text.map_or_else(|| answer.text().trim().to_owned(), str::to_owned)
}

/// Compares the published metadata with that of the program. `None` if it is not published where
/// clients look for it; the family `metadata` says so.
async fn same(context: &CheckContext, declared: &Declared) -> Option<Result<String, String>> {
    let place = context.target.metadata_by_path();
    let answer = context.http.send(Request::get(&*place)).await.ok()?;
    let published = answer.object().filter(|_| answer.status == 200)?;
    let names = published.keys().chain(declared.metadata.keys());
    let mut differing: Vec<_> = names
        .filter(|name| published.get(*name) != declared.metadata.get(*name))
        .map(|name| {
            let text = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
            format!(
                "`{name}` is {} there and {} here",
                text(published.get(name)),
                text(declared.metadata.get(name))
            )
        })
        .collect();
    differing.sort();
    differing.dedup();
    Some(match differing.is_empty() {
        true => Ok(place),
        false => Err(differing.join("; ")),
    })
}

/// Whether the server has seen a token that it cannot accept.
fn arrives(answer: &Response) -> Result<String, String> {
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    match challenge.contains("error=") {
        true => Ok("it does".to_owned()),
        false => Err(format!(
            "a request with a token gets {} as if it had none",
            answer.brief()
        )),
    }
}

async fn origins(
    context: &CheckContext,
    declared: &Declared,
    opening: &Request,
) -> Result<String, String> {
    let origins = declared.settings.origins.iter().take(MOST_ORIGINS);
    for origin in origins.clone() {
        let request = opening.clone().header("origin", origin.as_str());
        let answer = context.http.send(request).await?;
        let allowed = answer.header("access-control-allow-origin");
        let allowed = allowed.unwrap_or_else(|| "nothing".to_owned());
        if answer.status == 403 || (allowed != *origin && allowed != "*") {
            return Err(format!(
                "{origin}: {}, `Access-Control-Allow-Origin` is {allowed}",
                answer.brief()
            ));
        }
    }
    Ok(count(origins.len(), "origin"))
}

async fn ready(context: &CheckContext, declared: &Declared, section: &mut Section) {
    for place in [
        declared.settings.local("/readyz"),
        context.target.place("/readyz"),
    ] {
        let request = Request::get(&*place).header("host", context.target.authority());
        let Ok(answer) = context.http.send(request).await else {
            continue;
        };
        match answer.status {
            200 => section.record(&READY, Ok(place)),
            503 => section.record(
                &READY,
                Err(format!(
                    "{place}: {} {}",
                    answer.brief(),
                    answer.text().trim()
                )),
            ),
            _ => continue,
        }
        return;
    }
    section.skip(&READY, "`/readyz` does not answer");
}
