//! Logs in as a client does: registration, authorization code with PKCE S256, a loopback
//! redirect (RFC 8252 §7.3), a resource indicator (RFC 8707).
//!
//! Starts no browser: it prints the URL for the user to open.

mod callback;

use std::{
    fmt,
    io::{self, Write},
    time::Duration,
};

use aws_lc_rs::digest;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::{
    check_context::CheckContext,
    forged_tokens::{encode, random_text},
    http::{Request, Watch},
};

/// The login options of the command line.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) client_id: Option<String>,
    pub(crate) port: u16,
    pub(crate) scope: Option<String>,
    pub(crate) timeout: Duration,
}

/// A client that is registered at the authorization server.
pub(crate) struct Client {
    id: String,
    /// Some servers issue a secret to every client, even if it requests none.
    secret: Option<String>,
    listener: TcpListener,
    redirect: String,
    scope: String,
    timeout: Duration,
}

/// The step of a login that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Response,
    Iss,
    Token,
}

/// The result of a login.
pub(crate) struct Granted {
    pub(crate) token: String,
    pub(crate) scope: String,
    pub(crate) iss: Option<String>,
}

impl Login {
    /// Registers a client, unless `--client-id` names one.
    ///
    /// # Errors
    ///
    /// Returns why there is no client.
    pub(crate) async fn client(self, context: &CheckContext) -> Result<Client, String> {
        let issuer = context.facts.issuer.as_ref();
        let issuer = issuer.ok_or("no authorization server was found")?;
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await;
        let listener = listener.map_err(|error| format!("port {}: {error}", self.port))?;
        let port = listener
            .local_addr()
            .map_err(|error| error.to_string())?
            .port();
        let redirect = format!("http://127.0.0.1:{port}/callback");
        let (id, secret) = match self.client_id {
            Some(id) => (id, None),
            None => {
                let endpoint = issuer.text("registration_endpoint");
                let endpoint = endpoint.ok_or(
                    "the authorization server does not support registration; use --client-id",
                )?;
                register(context, endpoint, &redirect).await?
            }
        };
        Ok(Client {
            id,
            secret,
            listener,
            redirect,
            scope: self
                .scope
                .or_else(|| context.first_scope())
                .unwrap_or_default(),
            timeout: self.timeout,
        })
    }
}

impl Client {
    /// Returns the scopes of the first login.
    pub(crate) fn asked_for(&self) -> &str {
        &self.scope
    }

    /// Calls [`Client::try_authorize`] where the step that failed does not matter.
    pub(crate) async fn authorize(
        &self,
        context: &CheckContext,
        scope: &str,
    ) -> Result<Granted, String> {
        let granted = self.try_authorize(context, scope).await;
        granted.map_err(|(_, error)| format!("the second login: {error}"))
    }

    /// Waits for the user to log in, and redeems the code for a token.
    ///
    /// # Errors
    ///
    /// Returns the step that failed, and why.
    pub(crate) async fn try_authorize(
        &self,
        context: &CheckContext,
        scope: &str,
    ) -> Result<Granted, (Step, String)> {
        let at = |step| move |error: String| (step, error);
        let verifier = random_text().map_err(at(Step::Response))?
            + &random_text().map_err(at(Step::Response))?;
        let state = random_text().map_err(at(Step::Response))?;
        let address = self
            .address(context, scope, &state, &verifier)
            .map_err(at(Step::Response))?;
        announce(&address);
        let response = callback::wait(&self.listener, self.timeout).await;
        let response = response.map_err(at(Step::Response))?;
        let get = |name: &str| {
            let found = response.iter().find(|(own, _)| own == name);
            found.map(|(_, value)| value.clone())
        };
        if get("state").as_deref() != Some(&*state) {
            return Err((
                Step::Response,
                "`state` differs from the one in the request".to_owned(),
            ));
        }
        // RFC 9207 §2.4: check the issuer before everything else in the response.
        let iss = get("iss");
        check_iss(context, iss.as_deref()).map_err(at(Step::Iss))?;
        let code = get("code").ok_or_else(|| {
            let error = get("error").unwrap_or_else(|| "no code".to_owned());
            (
                Step::Response,
                format!("{error} {}", get("error_description").unwrap_or_default()),
            )
        })?;
        let (token, scope) = self
            .exchange(context, &code, &verifier, scope)
            .await
            .map_err(at(Step::Token))?;
        context
            .http
            .watch(Watch::Token, &format!("the token for `{scope}`"), &token);
        Ok(Granted { token, scope, iss })
    }

    fn address(
        &self,
        context: &CheckContext,
        scope: &str,
        state: &str,
        verifier: &str,
    ) -> Result<Url, String> {
        let issuer = context.facts.issuer.as_ref();
        let endpoint = issuer.and_then(|issuer| issuer.text("authorization_endpoint"));
        let endpoint = endpoint.ok_or("there is no authorization endpoint")?;
        let mut address = crate::target::secure(endpoint)?;
        let challenge = digest::digest(&digest::SHA256, verifier.as_bytes());
        let mut query = address.query_pairs_mut();
        query.extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", &self.redirect),
            ("state", state),
            ("code_challenge", &encode(challenge.as_ref())),
            ("code_challenge_method", "S256"),
            ("resource", context.resource()),
        ]);
        if !scope.is_empty() {
            query.append_pair("scope", scope);
        }
        drop(query);
        Ok(address)
    }

    async fn exchange(
        &self,
        context: &CheckContext,
        code: &str,
        verifier: &str,
        asked: &str,
    ) -> Result<(String, String), String> {
        let issuer = context.facts.issuer.as_ref();
        let endpoint = issuer.and_then(|issuer| issuer.text("token_endpoint"));
        let endpoint = endpoint.ok_or("there is no token endpoint")?;
        crate::target::secure(endpoint)?;
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &*self.redirect),
            ("client_id", &*self.id),
            ("code_verifier", verifier),
            ("resource", context.resource()),
        ];
        fields.extend(
            self.secret
                .as_deref()
                .map(|secret| ("client_secret", secret)),
        );
        let request = Request::post(endpoint)
            .form(&fields)
            .header("accept", "application/json");
        let answer = context.http.exchange(request).await?;
        let body = answer.object().unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        if answer.status != 200 {
            let error = text("error").unwrap_or("no error code");
            return Err(format!("{}: {error}", answer.brief()));
        }
        let kind = text("token_type").unwrap_or_default();
        if !kind.eq_ignore_ascii_case("bearer") {
            return Err(format!("token_type is `{kind}`"));
        }
        let token = text("access_token").ok_or("there is no `access_token`")?;
        // RFC 6749 §5.1: if omitted, it equals the requested scope.
        let scope = text("scope").unwrap_or(asked);
        Ok((token.to_owned(), scope.to_owned()))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Registers a public client (RFC 7591 §3.1). Sends no scope: some servers treat it as a limit
/// and refuse every later step-up.
async fn register(
    context: &CheckContext,
    endpoint: &str,
    redirect: &str,
) -> Result<(String, Option<String>), String> {
    crate::target::secure(endpoint)?;
    let request = Request::post(endpoint).json(&json!({
        "client_name": "toolgate",
        "application_type": "native",
        "redirect_uris": [redirect],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }));
    let answer = context.http.exchange(request).await?;
    let body = answer.object().unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    match text("client_id") {
        Some(id) if answer.is_success() => Ok((id, text("client_secret"))),
        _ => {
            let error = text("error").unwrap_or_else(|| "no client_id".to_owned());
            Err(format!("{}: {error}", answer.brief()))
        }
    }
}

fn check_iss(context: &CheckContext, iss: Option<&str>) -> Result<(), String> {
    let issuer = context.facts.issuer.as_ref().ok_or("no issuer is known")?;
    let expected = issuer.text("issuer").unwrap_or(&issuer.identifier);
    let is_advertised = issuer
        .document
        .get("authorization_response_iss_parameter_supported")
        == Some(&Value::Bool(true));
    match iss {
        Some(iss) if iss == expected => Ok(()),
        Some(iss) => Err(format!("`{iss}`, but the issuer is `{expected}`")),
        None if is_advertised => Err("advertised, but not present".to_owned()),
        None => Ok(()),
    }
}

fn announce(address: &Url) {
    let mut out = io::stderr().lock();
    // If stderr is closed, nobody can log in, and the wait times out.
    let _ = writeln!(
        out,
        "Open this URL in a browser to log in:\n\n  {address}\n"
    );
}
