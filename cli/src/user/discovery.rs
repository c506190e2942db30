//! Finds the authorization server of a resource, and refuses what could lead a token or a login
//! to another one.

use serde_json::{Map, Value};
use url::Url;

use crate::{
    check_context::{CheckContext, Issuer, LONGEST_ADDRESS},
    http::{Http, Request},
    issuer_metadata::places,
    target,
};

/// Reads the metadata of the resource and of its first authorization server.
///
/// # Errors
///
/// Returns which document is missing or must not be used, and why.
pub(super) async fn discover(
    context: &mut CheckContext,
    advertised: Option<&str>,
) -> Result<(), String> {
    let typed = context.target.typed().to_owned();
    let resource = resource_metadata(context, advertised).await?;
    check_resource(&typed, resource.get("resource").and_then(Value::as_str))?;
    let identifier = resource
        .get("authorization_servers")
        .and_then(|servers| servers.get(0)?.as_str())
        .ok_or("the metadata of the server names no authorization server")?
        .to_owned();
    let document = issuer_metadata(&context.http, &typed, &identifier).await?;
    for name in ["authorization_endpoint", "token_endpoint"] {
        let endpoint = document.get(name).and_then(Value::as_str);
        let endpoint =
            endpoint.ok_or_else(|| format!("the authorization server has no `{name}`"))?;
        check_address(&typed, endpoint)?;
    }
    if let Some(Value::String(endpoint)) = document.get("registration_endpoint") {
        check_address(&typed, endpoint)?;
    }
    let issuer = Issuer {
        identifier,
        document,
        keys: Vec::new(),
    };
    // MCP, Authorization: a client must not go on without it.
    if !issuer.lists("code_challenge_methods_supported", "S256") {
        return Err(
            "the authorization server does not support PKCE with S256, so a code could be stolen"
                .to_owned(),
        );
    }
    context.facts.metadata = Some(resource);
    context.facts.issuer = Some(issuer);
    Ok(())
}

/// Reads the document that the challenge names, else those at the well-known paths.
async fn resource_metadata(
    context: &CheckContext,
    advertised: Option<&str>,
) -> Result<Map<String, Value>, String> {
    let mut tried = Vec::new();
    let well_known = [
        context.target.metadata_by_path(),
        context.target.metadata_at_root(),
    ];
    let all = advertised.map(str::to_owned).into_iter().chain(well_known);
    for place in all {
        if let Err(error) = check_address(context.target.typed(), &place) {
            tried.push(error);
            continue;
        }
        match document(&context.http, &place).await {
            Ok(document) => return Ok(document),
            Err(error) => tried.push(error),
        }
    }
    Err(format!(
        "no metadata of the server was found: {}; `toolgate check` says more",
        tried.join(", ")
    ))
}

async fn issuer_metadata(
    http: &Http,
    typed: &str,
    identifier: &str,
) -> Result<Map<String, Value>, String> {
    let mut tried = Vec::new();
    for place in places(&check_address(typed, identifier)?) {
        match document(http, &place).await {
            // RFC 8414 §3.3: otherwise one server could speak for another.
            Ok(document) => match document.get("issuer").and_then(Value::as_str) {
                Some(own) if own == identifier => return Ok(document),
                own => {
                    return Err(format!(
                        "{place} names the issuer `{}`, and the server `{identifier}`",
                        own.unwrap_or_default()
                    ));
                }
            },
            Err(error) => tried.push(error),
        }
    }
    Err(format!(
        "no metadata of the authorization server was found: {}",
        tried.join(", ")
    ))
}

async fn document(http: &Http, place: &str) -> Result<Map<String, Value>, String> {
    let answer = http.exchange(Request::get(place)).await;
    let answer = answer.map_err(|error| format!("{place}: {error}"))?;
    match answer.object().filter(|_| answer.status == 200) {
        Some(document) => Ok(document),
        None => Err(format!("{place}: {}", answer.brief())),
    }
}

/// RFC 9728 §3.3: metadata for another resource would get a token for that one. A resource that
/// is a parent of the URL is accepted, as other clients do.
fn check_resource(typed: &str, resource: Option<&str>) -> Result<(), String> {
    let resource = resource.ok_or("the metadata of the server names no `resource`")?;
    let is_parent = || {
        let (typed, named) = (Url::parse(typed).ok()?, Url::parse(resource).ok()?);
        let rest = typed
            .path()
            .strip_prefix(named.path().trim_end_matches('/'))?;
        let is_below = rest.is_empty() || rest.starts_with('/');
        Some(is_below && typed.origin() == named.origin() && named.query().is_none())
    };
    match resource == typed || is_parent() == Some(true) {
        true => Ok(()),
        false => Err(format!(
            "the metadata is for `{resource}` and not for `{typed}`; use the URL that the server names, if you trust it"
        )),
    }
}

/// Parses an address that the server named. A server on another machine must not send requests
/// to this one.
fn check_address(typed: &str, address: &str) -> Result<Url, String> {
    if address.len() > LONGEST_ADDRESS {
        return Err("a URL in the metadata is too long".to_owned());
    }
    let url = target::secure(address)?;
    let typed = Url::parse(typed).map_err(|error| error.to_string())?;
    match target::is_loopback(&url) && !target::is_loopback(&typed) {
        true => Err(format!(
            "`{address}` is on this machine, but the server is not"
        )),
        false => Ok(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_of_another_resource_is_refused() {
        let typed = "https://a.example/x/mcp";
        for good in [
            typed,
            "https://a.example/x",
            "https://a.example/",
            "https://a.example",
        ] {
            assert_eq!(check_resource(typed, Some(good)), Ok(()), "{good}");
        }
        for bad in [
            "https://b.example/x/mcp",
            "http://a.example/x/mcp",
            "https://a.example/x/m",
            "https://a.example/x/mcp/y",
            "https://a.example:444/x",
            "",
        ] {
            assert!(check_resource(typed, Some(bad)).is_err(), "{bad}");
        }
        assert!(check_resource(typed, None).is_err());
    }

    #[test]
    fn a_remote_server_cannot_name_an_address_on_this_machine() {
        let remote = "https://a.example/mcp";
        for bad in [
            "http://127.0.0.1:631/",
            "https://localhost/token",
            "http://[::1]/",
            "http://b.example/",
            "file:///etc/passwd",
            &format!("https://b.example/{}", "a".repeat(3000)),
        ] {
            assert!(check_address(remote, bad).is_err(), "{bad}");
        }
        assert!(check_address(remote, "https://login.example/").is_ok());
        let local = "http://127.0.0.1:8000/mcp";
        assert!(check_address(local, "http://127.0.0.1:8000").is_ok());
    }
}
