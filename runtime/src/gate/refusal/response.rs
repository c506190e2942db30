//! The answer that says why a request is refused.

use axum::body::Body;
use http::{
    HeaderValue, Response, StatusCode,
    header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE},
};
use rmcp::model::{ErrorCode as RpcCode, RequestId};
use serde_json::json;

use crate::scope::ScopeSet;

use super::{
    super::{
        body::BodyError,
        challenge::ErrorCode,
        response_cache::{CacheKey, CachedRefusal, PreparedResponse},
        session::SessionLimitReached,
        tool_result_denial,
    },
    LACKS_SCOPE, Refusal, RefusalContext, RefusalForm, RefusedRequest, credentials,
};

/// The JSON-RPC codes of a 401, a 403 and a 429. They are outside of the range that JSON-RPC
/// reserves: clients give -32000 and -32001 meanings of their own.
const UNAUTHORIZED: RpcCode = RpcCode(-31401);
const FORBIDDEN: RpcCode = RpcCode(-31403);
const TOO_MANY_REQUESTS: RpcCode = RpcCode(-31429);

impl RefusedRequest<'_> {
    /// The answer.
    pub(crate) fn into_response(self, voice: RefusalContext<'_>) -> Response<Body> {
        let refusal = match self.refusal {
            Refusal::NoToken { wanted } => CachedRefusal::NoToken(wanted),
            Refusal::InsufficientScope { asked, .. } => CachedRefusal::InsufficientScope(asked),
            _ => return self.made(voice).into_response(self.id()),
        };
        let is_rpc = match self.form {
            RefusalForm::OAuth => false,
            RefusalForm::JsonRpc(_) => true,
            // Its text is the call's own.
            RefusalForm::ToolResult(_) => return self.made(voice).into_response(None),
        };
        let key = CacheKey {
            refusal,
            needed: self.needed,
            item: self.item.map(|(target, _)| target),
            dpop: voice.dpop,
            is_rpc,
        };
        let made = voice.told.get_or_insert(key, || self.made(voice));
        made.into_response(self.id())
    }

    fn id(&self) -> Option<&RequestId> {
        match &self.form {
            RefusalForm::JsonRpc(id) => Some(id),
            RefusalForm::OAuth | RefusalForm::ToolResult(_) => None,
        }
    }

    /// The answer, made. A challenge stands on 400, 401 and 403 that a token can cure, and
    /// on no other: some clients take any challenge on a 403 for a lack of scope.
    fn made(&self, voice: RefusalContext<'_>) -> PreparedResponse {
        let refusal = &self.refusal;
        let description = refusal.description(voice);
        let scope = voice.challenges.scopes(refusal.scopes().0, voice.table);
        let bound = voice.dpop || matches!(refusal, Refusal::ProofFailure { .. });
        let challenge = |code, scopes, prose: &str| {
            let (challenges, table) = (voice.challenges, voice.table);
            let mut both = vec![challenges.with_error(code, scopes, table, prose)];
            both.extend(bound.then(|| challenges.of_dpop(Some(code), scopes, table, prose)));
            both
        };
        let (status, challenges) = match refusal {
            Refusal::Rpc {
                id,
                status,
                code,
                message,
            } => return rpc_error(id.as_ref(), *status, *code, message),
            Refusal::OriginError(_) => (StatusCode::FORBIDDEN, Vec::new()),
            Refusal::Credentials(fault) => (
                StatusCode::BAD_REQUEST,
                challenge(
                    ErrorCode::InvalidRequest,
                    ScopeSet::EMPTY,
                    credentials(*fault),
                ),
            ),
            Refusal::NoToken { wanted } => {
                let mut both = vec![voice.challenges.without_error(*wanted, voice.table)];
                let dpop = || voice.challenges.of_dpop(None, *wanted, voice.table, "");
                both.extend(bound.then(dpop));
                (StatusCode::UNAUTHORIZED, both)
            }
            Refusal::ProofFailure { wanted, fault } => (
                StatusCode::UNAUTHORIZED,
                challenge(fault.code(), *wanted, fault.description()),
            ),
            Refusal::InvalidToken {
                wanted,
                description,
            } => (
                StatusCode::UNAUTHORIZED,
                challenge(ErrorCode::InvalidToken, *wanted, description),
            ),
            Refusal::InsufficientScope { asked, .. } => (
                StatusCode::FORBIDDEN,
                challenge(ErrorCode::InsufficientScope, *asked, LACKS_SCOPE),
            ),
            Refusal::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, Vec::new()),
            Refusal::SessionLimit(full) => (full.status(), Vec::new()),
            Refusal::NotAcceptable(_) => (StatusCode::NOT_ACCEPTABLE, Vec::new()),
            // No challenge: nobody should log in for nothing.
            Refusal::Forbidden { .. } => (StatusCode::FORBIDDEN, Vec::new()),
            Refusal::NoSession => (StatusCode::NOT_FOUND, Vec::new()),
            Refusal::Header(_) => (StatusCode::BAD_REQUEST, Vec::new()),
            Refusal::Body(BodyError::TooLarge) | Refusal::TooLargeWithoutToken { .. } => {
                (StatusCode::PAYLOAD_TOO_LARGE, Vec::new())
            }
            Refusal::Body(BodyError::TooSlow) => (StatusCode::REQUEST_TIMEOUT, Vec::new()),
            Refusal::Body(BodyError::Broken) => (StatusCode::BAD_REQUEST, Vec::new()),
            Refusal::Method => (StatusCode::METHOD_NOT_ALLOWED, Vec::new()),
        };
        let error = refusal.outcome();
        let code = match status {
            StatusCode::UNAUTHORIZED => Some(UNAUTHORIZED),
            StatusCode::FORBIDDEN => Some(FORBIDDEN),
            StatusCode::TOO_MANY_REQUESTS => Some(TOO_MANY_REQUESTS),
            _ => None,
        };
        let mut made = match (&self.form, code) {
            (RefusalForm::ToolResult(call), _) => return self.as_result(call, voice),
            (RefusalForm::JsonRpc(_), Some(code)) => {
                let message = self.message(&description, voice);
                let data = oauth_members(error, &description, &scope);
                let error = json!({"code": code, "message": message, "data": data});
                PreparedResponse::of_error(status, &error)
            }
            (RefusalForm::JsonRpc(_) | RefusalForm::OAuth, _) => {
                PreparedResponse::new(status, &oauth_members(error, &description, &scope))
            }
        };
        let headers = &mut made.headers;
        for challenge in challenges {
            headers.append(WWW_AUTHENTICATE, challenge);
        }
        if let Refusal::Unavailable { retry_after, .. } = refusal {
            // RFC 9110 §10.2.3: whole seconds; zero would invite a storm.
            let seconds = HeaderValue::from(retry_after.as_secs().max(1));
            headers.insert(RETRY_AFTER, seconds);
        }
        if let Refusal::SessionLimit(_) = refusal {
            headers.insert(RETRY_AFTER, SessionLimitReached::RETRY_AFTER);
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("GET, POST, DELETE"));
        }
        made
    }

    /// The sentence that a client shows: which item it is about and what that needs.
    fn message(&self, description: &str, voice: RefusalContext<'_>) -> String {
        let needed: Vec<String> = voice.challenges.names(self.needed, voice.table).collect();
        let scopes = match &*needed {
            [] => None,
            [one] => Some(format!("the scope {one}")),
            several => Some(format!("the scopes {}", several.join(", "))),
        };
        let item = self.item.map(|(_, name)| name);
        match (&self.refusal, item, scopes) {
            (Refusal::InsufficientScope { .. }, item, Some(scopes)) => {
                format!("{} needs {scopes}", item.unwrap_or("this operation"))
            }
            (Refusal::NoToken { .. }, Some(item), Some(scopes)) => {
                format!("{item} needs an access token with {scopes}")
            }
            (Refusal::NoToken { .. }, Some(item), None) => format!("{item} needs an access token"),
            (_, Some(item), Some(scopes)) => format!("{description}; {item} needs {scopes}"),
            (_, Some(item), None) => format!("{description}; it was sent for {item}"),
            _ => description.to_owned(),
        }
    }

    /// The denial as the result of a call.
    fn as_result(
        &self,
        call: &tool_result_denial::ToolResultEnvelope,
        voice: RefusalContext<'_>,
    ) -> PreparedResponse {
        let description = self.refusal.description(voice);
        let code = match self.refusal {
            Refusal::InvalidToken { .. } => ErrorCode::InvalidToken,
            // Without a token as well: there an `error` has to be, and this is
            // the one that the host's documentation shows.
            _ => ErrorCode::InsufficientScope,
        };
        let wanted = self.refusal.scopes().0;
        let challenge = voice
            .challenges
            .with_error(code, wanted, voice.table, &description);
        tool_result_denial::result(call, &challenge, &description)
    }
}

/// An error in OAuth's form (RFC 6749 §5.2).
pub(crate) fn oauth_error(
    status: StatusCode,
    error: &str,
    description: &str,
    scope: &str,
) -> Response<Body> {
    PreparedResponse::new(status, &oauth_members(error, description, scope)).into_response(None)
}

fn oauth_members(error: &str, description: &str, scope: &str) -> serde_json::Value {
    let mut members = json!({"error": error, "error_description": description});
    if !scope.is_empty() {
        members["scope"] = scope.into();
    }
    members
}

fn rpc_error(
    id: Option<&RequestId>,
    status: StatusCode,
    code: RpcCode,
    message: &str,
) -> PreparedResponse {
    let body = json!({
        "jsonrpc": "2.0",
        "id": id,
        "error": {"code": code, "message": message},
    });
    PreparedResponse::new(status, &body)
}
