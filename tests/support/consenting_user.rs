//! A user of the development issuer: reads the page, checks boxes, and presses a button.

use reqwest::{Client, redirect::Policy};
use serde_json::{Value, json};

use crate::{SigningKey, TokenBuilder, simulated_browser::Browser};

/// RFC 7636 appendix B: the logins of these tests need no secret verifier.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The user's input on the consent page.
#[derive(Debug, Clone, Copy)]
pub struct ConsentingUser<'a> {
    /// The user name.
    pub name: &'a str,
    /// The scopes that stay checked, separated by spaces.
    pub allows: &'a str,
}

impl ConsentingUser<'_> {
    /// Opens an authorization URL, and consents. Returns the redirect URL.
    ///
    /// # Panics
    ///
    /// If there is no consent page, or it does not respond with a redirect.
    pub async fn consent(self, authorization_url: &str) -> String {
        self.consent_with(authorization_url, &[]).await
    }

    /// Does the same with further boxes.
    async fn consent_with(self, authorization_url: &str, boxes: &[&str]) -> String {
        let browser = Browser::default();
        let page = browser.open(authorization_url).await;
        let allows = self.allows.split_whitespace();
        let ticked: Vec<_> = allows.chain(boxes.iter().copied()).collect();
        let page = page.fill("subject", self.name).tick_only(&ticked);
        browser.press(&page, "allow").await.leads_to().to_owned()
    }

    /// Logs in to a server from its URL alone, as a client does: metadata, registration,
    /// authorization code with PKCE. Returns the access token.
    ///
    /// # Panics
    ///
    /// If any step fails.
    pub async fn log_in(self, resource: &str) -> String {
        let token = self.log_in_with(resource, &[], &[]).await;
        token.expect("a token")
    }

    /// Does the same with further parameters of the authorization request, and with further boxes
    /// of the consent page.
    ///
    /// # Errors
    ///
    /// Returns `error` of the authorization response, if it has one.
    ///
    /// # Panics
    ///
    /// If any other step fails.
    pub async fn log_in_with(
        self,
        resource: &str,
        parameters: &[(&str, &str)],
        boxes: &[&str],
    ) -> Result<String, String> {
        let answer = self
            .request_token(resource, None, parameters, boxes)
            .await?;
        assert_eq!(answer["token_type"], "Bearer");
        Ok(text(&answer["access_token"]).to_owned())
    }

    /// Does the same for a client that binds its token to this key (RFC 9449 §5), and announces
    /// that from the start (§10).
    ///
    /// # Panics
    ///
    /// If any step fails.
    pub async fn log_in_with_key(self, resource: &str, key: &SigningKey) -> String {
        let answer = self.request_token(resource, Some(key), &[], &[]).await;
        let answer = answer.expect("a token");
        assert_eq!(answer["token_type"], "DPoP");
        text(&answer["access_token"]).to_owned()
    }

    async fn request_token(
        self,
        resource: &str,
        key: Option<&SigningKey>,
        parameters: &[(&str, &str)],
        boxes: &[&str],
    ) -> Result<Value, String> {
        let http = client();
        let (origin, path) = split(resource);
        let metadata = get(&format!(
            "{origin}/.well-known/oauth-protected-resource{path}"
        ))
        .await;
        assert_eq!(metadata["resource"], resource);
        let issuer = text(&metadata["authorization_servers"][0]);
        let issuer = get(&format!("{issuer}/.well-known/oauth-authorization-server")).await;
        let redirect = "http://127.0.0.1:9/callback";
        let registration = json!({"client_name": "A test", "redirect_uris": [redirect]});
        let registered = http
            .post(text(&issuer["registration_endpoint"]))
            .json(&registration)
            .send()
            .await
            .expect("an answer");
        let registered: Value = registered.json().await.expect("a registration");
        let id = text(&registered["client_id"]);
        let thumbprint = key.map(SigningKey::thumbprint);
        let mut asked = vec![
            ("response_type", "code"),
            ("client_id", id),
            ("redirect_uri", redirect),
            ("scope", self.allows),
            ("state", "s"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("resource", resource),
        ];
        asked.extend(parameters);
        asked.extend(thumbprint.as_deref().map(|key| ("dpop_jkt", key)));
        let url = http
            .get(text(&issuer["authorization_endpoint"]))
            .query(&asked)
            .build()
            .expect("a URL");
        let back = self.consent_with(url.url().as_str(), boxes).await;
        let back: reqwest::Url = back.parse().expect("a URL");
        let parameter = |name: &str| {
            let mut pairs = back.query_pairs();
            pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
        };
        let Some(code) = parameter("code") else {
            return Err(parameter("error").expect("an error"));
        };
        let exchange = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("client_id", id),
            ("redirect_uri", redirect),
            ("code_verifier", VERIFIER),
            ("resource", resource),
        ];
        let endpoint = text(&issuer["token_endpoint"]);
        let mut request = http.post(endpoint).form(&exchange);
        if let Some(key) = key {
            let proof = TokenBuilder::proof(key, "POST", endpoint);
            request = request.header("dpop", proof.build());
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{answer:?}");
        Ok(answer.json().await.expect("a token"))
    }
}

fn client() -> Client {
    Client::builder()
        .redirect(Policy::none())
        .build()
        .expect("an HTTP client")
}

async fn get(url: &str) -> Value {
    let answer = client().get(url).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{answer:?}");
    answer.json().await.expect("JSON")
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
}

/// Splits an `http` URL into origin and path.
fn split(url: &str) -> (&str, &str) {
    let start = "http://".len();
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    url.split_at(end)
}
