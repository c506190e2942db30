//! [`TestCaller`]: who sends requests to a server under test.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use toolgate::auth::{Clock, UnixTime};

use crate::{Denial, Output, SigningKey, Subscription, TestServer, test_issuer::PERSON_CLAIM};

#[cfg(feature = "approval")]
mod approvals;
mod http_exchange;
mod session;

/// The stateless revision.
const STATELESS: &str = "2026-07-28";
/// The longest chain of rounds that a call may take.
const MOST_ROUNDS: usize = 16;
/// How long a token is valid, in seconds.
const LIFETIME: u64 = 600;

/// A caller of a [`TestServer`]. Each of its requests carries a new token.
///
/// The token is valid until a method of this type changes that.
#[derive(Clone)]
pub struct TestCaller<'s> {
    server: &'s TestServer,
    token: Option<Token>,
    revision: &'static str,
    answer: Option<Answer>,
}

/// Returns the response to a request of a round, by its key.
type Answer = Arc<dyn Fn(&str, &Value) -> Value + Send + Sync>;

#[derive(Clone)]
struct Token {
    claims: Map<String, Value>,
    scopes: Vec<String>,
    is_expired: bool,
    is_foreign: bool,
    key: Option<Arc<SigningKey>>,
}

impl<'s> TestCaller<'s> {
    pub(crate) fn new(server: &'s TestServer, subject: Option<&str>) -> Self {
        let token = |subject: &str| Token {
            claims: Map::from_iter([
                ("sub".to_owned(), json!(subject)),
                ("aud".to_owned(), json!(server.resource())),
            ]),
            scopes: Vec::new(),
            is_expired: false,
            is_foreign: false,
            key: None,
        };
        Self {
            server,
            token: subject.map(token),
            revision: STATELESS,
            answer: None,
        }
    }

    /// Sets the scopes of the token.
    ///
    /// # Panics
    ///
    /// If the caller is anonymous.
    #[must_use]
    pub fn with_scopes<T: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        let scopes = scopes.into_iter().map(|one| one.as_ref().to_owned());
        self.token_mut().scopes = scopes.collect();
        self
    }

    /// Sets the roles of the token, in the claim `roles`. For an issuer with another claim, use
    /// [`with_claim`](Self::with_claim).
    ///
    /// # Panics
    ///
    /// If the caller is anonymous.
    #[must_use]
    pub fn with_roles<T: AsRef<str>>(self, roles: impl IntoIterator<Item = T>) -> Self {
        let roles = roles.into_iter().map(|one| json!(one.as_ref()));
        self.with_claim("roles", Value::Array(roles.collect()))
    }

    /// Lets the token show that a person stands behind the call, for items with `person`. The
    /// claim exists only at this test issuer. For another issuer, use
    /// [`with_claim`](Self::with_claim).
    ///
    /// # Panics
    ///
    /// If the caller is anonymous.
    #[must_use]
    pub fn with_person(self) -> Self {
        self.with_claim(PERSON_CLAIM, true)
    }

    /// Sets how strongly the caller has logged in (`acr`).
    ///
    /// # Panics
    ///
    /// If the caller is anonymous.
    #[must_use]
    pub fn with_acr(self, acr: &str) -> Self {
        self.with_claim("acr", acr)
    }

    /// Sets when the caller has logged in (`auth_time`).
    ///
    /// # Panics
    ///
    /// If the caller is anonymous.
    #[must_use]
    pub fn with_auth_time(self, auth_time: UnixTime) -> Self {
        self.with_claim("auth_time", auth_time.seconds())
    }

    /// Adds the scopes that a denial challenges, as a client does that steps up. If it challenges
    /// a login (RFC 9470), the caller logs in now, with the preferred `acr`.
    ///
    /// # Panics
    ///
    /// If the caller is anonymous.
    #[must_use]
    pub fn stepped_up(&self, denial: &Denial) -> Self {
        let mut caller = self.clone();
        if denial.is_insufficient_authentication() {
            caller = caller.with_auth_time(self.server.clock().now());
            if let Some(acr) = denial.acr_values().first() {
                caller = caller.with_acr(acr);
            }
        }
        let scopes = &mut caller.token_mut().scopes;
        for scope in denial.challenged_scopes() {
            if !scopes.iter().any(|held| held == scope) {
                scopes.push(scope.to_owned());
            }
        }
        caller
    }

    /// Sets a claim of the token; `null` removes it.
    ///
    /// # Panics
    ///
    /// If the caller is anonymous.
    #[must_use]
    pub fn with_claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.token_mut()
            .claims
            .insert(name.to_owned(), value.into());
        self
    }

    /// Sets the audience of the token (`aud`), for example that of another server.
    ///
    /// # Panics
    ///
    /// If the caller is anonymous.
    #[must_use]
    pub fn with_audience(self, audience: &str) -> Self {
        self.with_claim("aud", audience)
    }

    /// Lets the token be expired for an hour.
    ///
    /// # Panics
    ///
    /// If the caller is anonymous.
    #[must_use]
    pub fn expired(mut self) -> Self {
        self.token_mut().is_expired = true;
        self
    }

    /// Takes the token from an issuer that the server does not trust.
    ///
    /// # Panics
    ///
    /// If the caller is anonymous.
    #[must_use]
    pub fn of_foreign_issuer(mut self) -> Self {
        self.token_mut().is_foreign = true;
        self
    }

    /// Binds the token to a new key and sends a proof with each request (RFC 9449).
    ///
    /// # Panics
    ///
    /// If the caller is anonymous.
    #[must_use]
    pub fn bound_to_a_key(mut self) -> Self {
        self.token_mut().key = Some(Arc::new(SigningKey::p256("bound")));
        self
    }

    /// Sends each request in a session of its own, of revision 2025-11-25.
    #[must_use]
    pub fn in_session(self) -> Self {
        self.with_revision("2025-11-25")
    }

    /// Sets the revision of the protocol. A revision before 2026-07-28 has sessions: each request
    /// opens one.
    #[must_use]
    pub fn with_revision(mut self, revision: &'static str) -> Self {
        self.revision = revision;
        self
    }

    /// Answers what a tool asks its client: `answer` gets the key and the request, and returns the
    /// response, such as `json!({"action": "accept", "content": {"sure": true}})`. In a session a
    /// request has no key, and `answer` gets an empty one.
    #[must_use]
    pub fn answering(
        mut self,
        answer: impl Fn(&str, &Value) -> Value + Send + Sync + 'static,
    ) -> Self {
        self.answer = Some(Arc::new(answer));
        self
    }

    /// Calls a tool.
    ///
    /// # Errors
    ///
    /// Returns the denial, or the protocol's error.
    pub async fn call(&self, tool: &str, arguments: Value) -> Result<Output, Denial> {
        let params = json!({"name": tool, "arguments": arguments});
        self.in_rounds("tools/call", params).await
    }

    /// Reads a resource.
    ///
    /// # Errors
    ///
    /// Returns the denial, or the protocol's error.
    pub async fn read(&self, uri: &str) -> Result<Output, Denial> {
        self.in_rounds("resources/read", json!({"uri": uri})).await
    }

    /// Gets a prompt.
    ///
    /// # Errors
    ///
    /// Returns the denial, or the protocol's error.
    pub async fn prompt(&self, name: &str, arguments: Value) -> Result<Output, Denial> {
        let params = json!({"name": name, "arguments": arguments});
        self.in_rounds("prompts/get", params).await
    }

    /// Sends a request. If the server asks for input, sends the request again with the answers.
    async fn in_rounds(&self, method: &str, mut params: Value) -> Result<Output, Denial> {
        let mut page = Value::Null;
        for _ in 0..MOST_ROUNDS {
            let output = self.request(method, params.clone()).await?;
            let (Some(answer), Some(asked)) = (&self.answer, output.0["inputRequests"].as_object())
            else {
                return Ok(output);
            };
            // The server asks for the page of an approval again until the user has decided there.
            let asked_page = asked.get("approve").map(|one| one["params"]["url"].clone());
            let asked_page = asked_page.unwrap_or_default();
            if asked_page.is_string() && asked_page == page {
                return Ok(output);
            }
            page = asked_page;
            let answers = asked
                .iter()
                .map(|(key, request)| (key.clone(), answer(key, request)));
            params["inputResponses"] = Value::Object(answers.collect());
            params["requestState"] = output.0["requestState"].clone();
        }
        panic!("the server asks for more than {MOST_ROUNDS} rounds");
    }

    /// Completes an argument of a prompt.
    ///
    /// # Errors
    ///
    /// Returns the denial, or the protocol's error.
    pub async fn complete(
        &self,
        prompt: &str,
        argument: &str,
        begun: &str,
    ) -> Result<Output, Denial> {
        let params = json!({
            "ref": {"type": "ref/prompt", "name": prompt},
            "argument": {"name": argument, "value": begun},
        });
        self.request("completion/complete", params).await
    }

    /// Returns the names of the tools that the caller sees.
    ///
    /// # Errors
    ///
    /// Returns the denial.
    pub async fn tools(&self) -> Result<Vec<String>, Denial> {
        let list = self.request("tools/list", json!({})).await?;
        let tools = list.0["tools"].as_array().into_iter().flatten();
        Ok(tools
            .filter_map(|tool| tool["name"].as_str().map(str::to_owned))
            .collect())
    }

    /// Sends a request of any method, in the form of the revision.
    ///
    /// # Errors
    ///
    /// Returns the denial, or the protocol's error.
    ///
    /// # Panics
    ///
    /// If `params` is not an object, or if the answer is not one of the protocol.
    pub async fn request(&self, method: &str, params: Value) -> Result<Output, Denial> {
        match self.revision {
            STATELESS => self.post(method, params, None).await.0,
            _ => self.request_in_session(method, params).await,
        }
    }

    /// Subscribes to resources: in a session by `resources/subscribe`, and in 2026-07-28 by
    /// `subscriptions/listen`.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use toolgate::{Changes, Server, mcp_resource, resources};
    /// # use toolgate_testing::TestServer;
    /// # /// The stock.
    /// # #[mcp_resource(scope = "stock:read", uri = "stock://all")]
    /// # fn stock() -> String { "12".to_owned() }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let changes = Changes::new();
    /// let stock = Server::new("stock").resources(resources![stock]).with_changes(&changes);
    /// let server = TestServer::new(stock);
    /// let alice = server.as_caller("alice").with_scopes(["stock:read"]);
    /// let mut updates = alice.subscribe(["stock://all"]).await.unwrap();
    /// changes.resource_updated("stock://all");
    /// let updated = updates.updated(Duration::from_secs(5)).await;
    /// assert_eq!(updated.as_deref(), Some("stock://all"));
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the denial, or the protocol's error.
    ///
    /// # Panics
    ///
    /// If the server opens no stream.
    pub async fn subscribe<T: AsRef<str>>(
        &self,
        uris: impl IntoIterator<Item = T>,
    ) -> Result<Subscription, Denial> {
        let uris: Vec<String> = uris
            .into_iter()
            .map(|uri| uri.as_ref().to_owned())
            .collect();
        match self.revision {
            STATELESS => self.listen(&uris).await,
            _ => self.subscribe_in_session(&uris).await,
        }
        .map(Subscription::new)
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
            .as_mut()
            .expect("an anonymous caller has no token: use `as_caller`")
    }
}

impl std::fmt::Debug for TestCaller<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestCaller")
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}
