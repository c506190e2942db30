//! A connection to a server: chooses the lifecycle, signs in if the server asks for it, and steps
//! up if a scope is missing.

use serde_json::{Map, Value, json};

use crate::{
    challenge::{Challenge, is_scope_token},
    check_context::{CheckContext, LONGEST_SCOPE},
    exit::{Failure, LACKS_SCOPE, NOT_SIGNED_IN, REPORTED, UNUSABLE},
    forged_tokens,
    login::{Client, Granted, Login},
    mcp_client::{Lifecycle, McpClient},
};

use super::{consent::Consent, discovery, reply::Reply};

/// The most pages of a tool list that are read.
const MOST_PAGES: usize = 50;

/// A server, with the login, the token and the session of the user.
pub(super) struct Connection {
    context: CheckContext,
    login: Login,
    client: Option<Client>,
    token: Option<String>,
    /// The scopes of the token, as far as they are known.
    held: String,
    /// Whether the token comes from a sign-in of this run.
    is_signed_in: bool,
    /// The scopes that step-ups have requested.
    requested: String,
    mcp: Option<McpClient>,
}

impl Connection {
    pub(super) fn new(context: CheckContext, login: Login, token: Option<String>) -> Self {
        let scopes = token.as_deref().and_then(forged_tokens::scopes);
        Self {
            context,
            login,
            client: None,
            held: scopes.unwrap_or_default().join(" "),
            token,
            is_signed_in: false,
            requested: String::new(),
            mcp: None,
        }
    }

    /// The authorization server, once it is known.
    pub(super) fn issuer(&self) -> Option<&str> {
        Some(&self.context.facts.issuer.as_ref()?.identifier)
    }

    /// Ends the session, if there is one.
    pub(super) async fn close(&self) {
        if let Some(mcp) = &self.mcp {
            mcp.close(&self.context.http).await;
        }
    }

    /// Signs in, whether or not the server asks for it.
    pub(super) async fn log_in(&mut self) -> Result<Granted, Failure> {
        let mut bearer = None;
        for lifecycle in Lifecycle::BOTH {
            let anonymous = McpClient::new(&self.context.target, lifecycle, None);
            let answer = self.context.http.send(anonymous.opening()).await;
            let answer = answer.map_err(|error| self.unreachable(&error))?;
            if let Reply::Unauthorized(found) = Reply::of(&answer) {
                bearer = found;
                break;
            }
        }
        self.sign_in(bearer.as_ref()).await
    }

    /// Returns the schema of a tool's arguments.
    pub(super) async fn schema(&mut self, tool: &str, consent: &Consent) -> Result<Value, Failure> {
        let mut cursor = Value::Null;
        let mut names = Vec::new();
        for _ in 0..MOST_PAGES {
            let params = match &cursor {
                Value::Null => json!({}),
                cursor => json!({"cursor": cursor}),
            };
            let mut page = self
                .ask("tools/list", params, "the list of tools", consent)
                .await?;
            let tools = page.get_mut("tools").and_then(Value::as_array_mut);
            for listed in tools.into_iter().flatten() {
                if listed["name"] == tool {
                    return Ok(listed["inputSchema"].take());
                }
                names.extend(listed["name"].as_str().map(str::to_owned));
            }
            cursor = page.remove("nextCursor").unwrap_or_default();
            if cursor.is_null() {
                break;
            }
        }
        let names = match names.is_empty() {
            true => "none".to_owned(),
            false => names.join(", "),
        };
        Err(format!("the server lists no tool `{tool}` for this caller; it lists {names}").into())
    }

    /// Sends a request, and returns its result. `what` names the operation in messages.
    pub(super) async fn ask(
        &mut self,
        method: &str,
        params: Value,
        what: &str,
        consent: &Consent,
    ) -> Result<Map<String, Value>, Failure> {
        // The loop ends: it signs in at most once, and each step-up requests a new scope.
        loop {
            let reply = self.try_ask(method, params.clone()).await?;
            match reply {
                Reply::Result(result) => return Ok(result),
                Reply::Unauthorized(bearer) => {
                    if self.token.is_some() {
                        return Err(self.refused(bearer.as_ref()));
                    }
                    self.sign_in(bearer.as_ref()).await?;
                }
                Reply::LacksScope(bearer) => self.step_up(&bearer, what, consent).await?,
                Reply::Error(code, message) => {
                    return Err(Failure::new(
                        REPORTED,
                        format!("{message} (JSON-RPC error {code})"),
                    ));
                }
                Reply::Other(brief) => {
                    return Err(format!("{what}: the server answered {brief}").into());
                }
            }
        }
    }

    /// Sends a request once: over the connection, or without it if connecting needs a token.
    async fn try_ask(&mut self, method: &str, params: Value) -> Result<Reply, Failure> {
        if self.mcp.is_none() {
            match self.connect().await? {
                Ok(mcp) => self.mcp = Some(mcp),
                // A server can need a token to connect and none for this request.
                Err(Reply::Unauthorized(bearer)) if self.token.is_none() => {
                    let anonymous =
                        McpClient::new(&self.context.target, Lifecycle::Stateless, None);
                    let answer = anonymous.ask(&self.context.http, method, params).await?;
                    return Ok(match Reply::of(&answer) {
                        Reply::Result(result) => Reply::Result(result),
                        Reply::Unauthorized(Some(own)) => Reply::Unauthorized(Some(own)),
                        _ => Reply::Unauthorized(bearer),
                    });
                }
                Err(refusal) => return Ok(refusal),
            }
        }
        let Some(mcp) = &self.mcp else {
            return Err("not connected".to_owned().into());
        };
        let answer = mcp.ask(&self.context.http, method, params).await?;
        Ok(Reply::of(&answer))
    }

    /// Chooses the newest lifecycle that the server supports.
    async fn connect(&self) -> Result<Result<McpClient, Reply>, Failure> {
        let mut seen = Vec::new();
        for lifecycle in Lifecycle::BOTH {
            let mut mcp = McpClient::new(&self.context.target, lifecycle, self.token.as_deref());
            let answer = mcp.open(&self.context.http).await;
            let answer = answer.map_err(|error| self.unreachable(&error))?;
            match Reply::of(&answer) {
                Reply::Result(_) => return Ok(Ok(mcp)),
                refusal @ (Reply::Unauthorized(_) | Reply::LacksScope(_)) => {
                    return Ok(Err(refusal));
                }
                Reply::Error(..) | Reply::Other(_) => {
                    seen.push(format!("{}: {}", lifecycle.opening(), answer.brief()));
                }
            }
        }
        Err(format!(
            "{} is no MCP server that this program can use: {}",
            self.context.target.typed(),
            seen.join(", ")
        )
        .into())
    }

    fn unreachable(&self, error: &str) -> Failure {
        let url = self.context.target.typed();
        Failure::new(UNUSABLE, format!("{url} cannot be reached: {error}"))
    }

    async fn sign_in(&mut self, bearer: Option<&Challenge>) -> Result<Granted, Failure> {
        let failed = |error: String| Failure::new(NOT_SIGNED_IN, error);
        let advertised = bearer.and_then(|bearer| bearer.get("resource_metadata"));
        discovery::discover(&mut self.context, advertised)
            .await
            .map_err(failed)?;
        let challenged = bearer.and_then(|bearer| bearer.get("scope"));
        let mut login = self.login.clone();
        if login.scope.is_none() {
            login.scope = challenged.map(|scopes| union("", scopes));
        }
        let client = login.client(&self.context).await.map_err(failed)?;
        let scope = client.asked_for().to_owned();
        self.client = Some(client);
        let granted = self.authorize(&scope).await?;
        self.is_signed_in = true;
        Ok(granted)
    }

    async fn authorize(&mut self, scope: &str) -> Result<Granted, Failure> {
        let client = self
            .client
            .as_ref()
            .ok_or("there is no client".to_owned())?;
        let granted = client.try_authorize(&self.context, scope).await;
        let granted = granted.map_err(|(_, error)| {
            Failure::new(NOT_SIGNED_IN, format!("the sign-in failed: {error}"))
        })?;
        self.held.clone_from(&granted.scope);
        self.token = Some(granted.token.clone());
        // The session continues with the new token.
        self.mcp = self
            .mcp
            .as_ref()
            .map(|mcp| mcp.with_token(Some(&granted.token)));
        Ok(granted)
    }

    /// Signs in again for the scopes of a challenge and those of the token.
    async fn step_up(
        &mut self,
        bearer: &Challenge,
        what: &str,
        consent: &Consent,
    ) -> Result<(), Failure> {
        let challenged = bearer.get("scope").unwrap_or_default();
        let all = union(&self.held, challenged);
        let is_held = |scope: &&str| !self.held.split(' ').any(|own| own == *scope);
        let known = union("", challenged);
        let missing: Vec<_> = known.split(' ').filter(is_held).collect();
        let missing = missing.join(" ");
        if missing.is_empty() {
            return Err(Failure::new(
                LACKS_SCOPE,
                format!("{what}: the server names no scope that the token lacks"),
            ));
        }
        let requested = union(&self.requested, &missing);
        if requested == self.requested {
            return Err(Failure::new(
                LACKS_SCOPE,
                format!(
                    "{what} still needs the scope {missing}, which was not granted; grant it to this user at the authorization server"
                ),
            ));
        }
        consent.request(what, &missing, &all)?;
        self.requested = requested;
        if self.client.is_none() {
            self.login.scope = Some(all);
            return self.sign_in(Some(bearer)).await.map(drop);
        }
        self.authorize(&all).await.map(drop)
    }

    /// Returns the error for a token that the server refuses.
    fn refused(&self, bearer: Option<&Challenge>) -> Failure {
        let why = bearer.and_then(|bearer| bearer.get("error_description"));
        let why = why.unwrap_or("the server does not say why");
        let (whose, remedy) = match self.is_signed_in {
            true => (
                "that was just issued",
                "run `toolgate doctor`, or read the log of the server",
            ),
            false => (
                "that was given",
                "get a new one with `toolgate login --print-token`, or leave it out to sign in",
            ),
        };
        Failure::new(
            NOT_SIGNED_IN,
            format!("the server refuses the token {whose}: {why}; {remedy}"),
        )
    }
}

/// Joins two lists of scopes up to [`LONGEST_SCOPE`] bytes. Drops repeated and invalid scopes.
fn union(held: &str, further: &str) -> String {
    let mut all: Vec<&str> = Vec::new();
    let mut length = 0;
    for scope in held.split(' ').chain(further.split(' ')) {
        length += scope.len() + 1;
        if length > LONGEST_SCOPE {
            break;
        }
        if is_scope_token(scope) && !all.contains(&scope) {
            all.push(scope);
        }
    }
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_union_of_scopes_is_short_and_has_scopes_alone() {
        assert_eq!(union("a b", "b c"), "a b c");
        assert_eq!(union("", "a  b\x1b[2J \u{202e}"), "a");
        let many: Vec<_> = (0..5000).map(|number| format!("scope{number}")).collect();
        assert!(union("", &many.join(" ")).len() <= LONGEST_SCOPE);
    }
}
