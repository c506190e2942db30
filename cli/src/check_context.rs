//! Facts about the server, collected once and used by every family of checks.

use serde_json::{Map, Value, json};

use crate::{
    challenge::{self, Challenge},
    credentials::Credentials,
    http::{Http, Request, Response},
    mcp_client::{Lifecycle, McpClient},
    target::Target,
};

/// The name of a tool that no server has. Used to look for a refusal, because a call of a real
/// tool could have effects.
pub(crate) const NO_SUCH_TOOL: &str = "toolgate_check_no_such_tool";

/// The browser origin of the CORS checks, unless another is given: the Inspector's.
pub(crate) const ORIGIN: &str = "http://localhost:6274";

/// The longest scope of a login, in bytes. Scopes go into URLs, and into tokens in a header.
pub(crate) const LONGEST_SCOPE: usize = 4 << 10;

/// The longest URL that goes into a token, in bytes.
pub(crate) const LONGEST_ADDRESS: usize = 2 << 10;

/// A server, the client to query it, and the facts collected so far.
#[derive(Debug)]
pub(crate) struct CheckContext {
    pub(crate) target: Target,
    pub(crate) http: Http,
    /// The user's tokens; the one with the fewest scopes first.
    pub(crate) tokens: Vec<String>,
    pub(crate) tool: Option<String>,
    pub(crate) arguments: Value,
    /// The operations that need a scope the first token lacks.
    pub(crate) operations: Vec<Operation>,
    pub(crate) credentials: Credentials,
    /// Whether tokens are requested as a program requests them.
    pub(crate) requests_grants: bool,
    /// A browser origin that the server should allow.
    pub(crate) origin: String,
    pub(crate) facts: Facts,
}

/// One operation that the command line names.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) kind: OperationKind,
    /// As the command line names it.
    pub(crate) name: String,
    pub(crate) params: Value,
}

/// The kind of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OperationKind {
    Tool,
    /// A resource with this URI.
    Resource,
    /// A URI that a template matches.
    Template,
    Prompt,
}

impl OperationKind {
    pub(crate) fn method(self) -> &'static str {
        match self {
            Self::Tool => "tools/call",
            Self::Resource | Self::Template => "resources/read",
            Self::Prompt => "prompts/get",
        }
    }
}

/// Facts that earlier families collected.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// The first request without a token that was refused with 401.
    pub(crate) refused: Option<RefusedRequest>,
    /// The requests tried for that, and their responses.
    pub(crate) tried: Vec<String>,
    /// The protected resource metadata.
    pub(crate) metadata: Option<Map<String, Value>>,
    pub(crate) issuer: Option<Issuer>,
}

/// A request that needs a token, and its refusal.
#[derive(Debug, Clone)]
pub(crate) struct RefusedRequest {
    /// A description of the request, for people.
    pub(crate) what: String,
    pub(crate) request: Request,
    pub(crate) answer: Response,
    /// The first `Bearer` challenge, if the header can be parsed.
    pub(crate) bearer: Option<Challenge>,
}

/// The authorization server that clients will use.
#[derive(Debug)]
pub(crate) struct Issuer {
    /// As the protected resource names it.
    pub(crate) identifier: String,
    pub(crate) document: Map<String, Value>,
    pub(crate) keys: Vec<Value>,
}

impl Issuer {
    pub(crate) fn text(&self, member: &str) -> Option<&str> {
        self.document.get(member)?.as_str()
    }

    /// Whether a member is a list that contains this text.
    pub(crate) fn lists(&self, member: &str, text: &str) -> bool {
        let list = self.document.get(member).and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|entry| entry == text))
    }
}

impl CheckContext {
    /// Creates a context without tokens and facts.
    pub(crate) fn new(http: Http, target: Target) -> Self {
        Self {
            target,
            http,
            tokens: Vec::new(),
            tool: None,
            arguments: json!({}),
            operations: Vec::new(),
            credentials: Credentials::default(),
            requests_grants: false,
            origin: ORIGIN.to_owned(),
            facts: Facts::default(),
        }
    }

    /// Searches for a request that is refused without a token.
    ///
    /// # Errors
    ///
    /// Returns why the server cannot be reached.
    pub(crate) async fn find_refusal(&mut self) -> Result<(), String> {
        let mut requests = vec![
            ("tools/call", json!({"name": NO_SUCH_TOOL, "arguments": {}})),
            ("tools/list", json!({})),
        ];
        if let Some(tool) = &self.tool {
            // Last: its 401 may name the tool's own scopes, and the first login would request
            // them.
            let call = json!({"name": tool, "arguments": self.arguments});
            requests.push(("tools/call", call));
        }
        for lifecycle in Lifecycle::BOTH {
            let mut anonymous = McpClient::new(&self.target, lifecycle, None);
            let answer = anonymous.open(&self.http).await?;
            if answer.status == 401 {
                let request = McpClient::new(&self.target, lifecycle, None).opening();
                self.note(lifecycle.opening(), request, answer);
            } else {
                self.tried(lifecycle.opening(), &answer);
                for (method, params) in requests.clone() {
                    let request = anonymous.request(method, params);
                    let answer = self.http.send(request.clone()).await?;
                    self.note(method, request, answer);
                    if self.facts.refused.is_some() {
                        // Leave the session open: the request names it.
                        return Ok(());
                    }
                }
                anonymous.close(&self.http).await;
            }
            if self.facts.refused.is_some() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Returns the scopes of the challenge, or those of the metadata, limited to what a login
    /// can request.
    pub(crate) fn first_scope(&self) -> Option<String> {
        let refused = self.facts.refused.as_ref();
        let challenged = refused.and_then(|refused| refused.bearer.as_ref()?.get("scope"));
        if let Some(scope) = challenged {
            return Some(bounded(&mut scope.split(' ')));
        }
        let listed = self.facts.metadata.as_ref()?.get("scopes_supported")?;
        let scopes = bounded(&mut listed.as_array()?.iter().filter_map(Value::as_str));
        (!scopes.is_empty()).then_some(scopes)
    }

    /// Returns the `resource` of the metadata, or the URL on the command line.
    pub(crate) fn resource(&self) -> &str {
        let metadata = self.facts.metadata.as_ref();
        let named = metadata.and_then(|metadata| metadata.get("resource")?.as_str());
        let named = named.filter(|named| named.len() <= LONGEST_ADDRESS);
        named.unwrap_or(self.target.typed())
    }

    fn note(&mut self, what: &str, request: Request, answer: Response) {
        if answer.status != 401 {
            self.tried(what, &answer);
            return;
        }
        let all = challenge::read(&answer.values("www-authenticate")).unwrap_or_default();
        self.facts.refused = Some(RefusedRequest {
            what: what.to_owned(),
            request,
            bearer: all.into_iter().find(Challenge::is_bearer),
            answer,
        });
    }

    fn tried(&mut self, what: &str, answer: &Response) {
        self.facts.tried.push(format!("{what}: {}", answer.brief()));
    }
}

/// Joins scopes up to [`LONGEST_SCOPE`].
fn bounded(scopes: &mut dyn Iterator<Item = &str>) -> String {
    let mut joined = String::new();
    for scope in scopes {
        if joined.len() + 1 + scope.len() > LONGEST_SCOPE {
            break;
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(scope);
    }
    joined
}
