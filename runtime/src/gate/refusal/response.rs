//! The answer to a refused request. Its form is chosen here.

use axum::body::Body;
use http::{
    HeaderValue, Response, StatusCode,
    header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE},
};
use rmcp::{
    ErrorData,
    model::{ErrorCode as RpcCode, RequestId},
};
use serde_json::json;

use crate::challenge::ErrorCode;
use crate::scope::ScopeSet;

use super::{
    super::{
        body::BodyError,
        prepared_response::PreparedResponse,
        response_cache::{CacheKey, CachedRefusal},
        tool_result_denial::DeniedAnswer,
    },
    LACKS_SCOPE, Refusal, RefusalContext, RefusedRequest, WEAK_LOGIN,
    body_members::{oauth_members, whole_seconds},
};

/// The JSON-RPC codes of a 401, a 403 and a 429. They are outside of the range that JSON-RPC
/// reserves, because clients use -32000 and -32001 for other errors.
const UNAUTHORIZED: RpcCode = RpcCode(-31401);
const FORBIDDEN: RpcCode = RpcCode(-31403);
const TOO_MANY_REQUESTS: RpcCode = RpcCode(-31429);

/// The form of the answer to a refused request. Status and headers are the same in the first
/// two.
#[derive(Debug, Clone, Copy)]
enum RefusalForm<'r> {
    /// An error of OAuth (RFC 6749 §5.2).
    OAuth,
    /// A JSON-RPC error that answers this request. Many clients show its message, and nothing
    /// of any other body.
    JsonRpc(&'r RequestId),
    /// A tool result with a challenge, for hosts that look for it there.
    ToolResult(&'r RequestId),
}

impl RefusedRequest<'_> {
    /// Renders the answer.
    pub(in crate::gate) fn into_response(self, context: RefusalContext<'_>) -> Response<Body> {
        let refusal = match self.refusal {
            Refusal::NoToken { challenge_scopes } => CachedRefusal::NoToken(challenge_scopes),
            Refusal::InsufficientScope { challenged, .. } => {
                CachedRefusal::InsufficientScope(challenged)
            }
            _ => return self.render(context).into_response(self.id()),
        };
        let is_rpc = match self.form() {
            RefusalForm::OAuth => false,
            RefusalForm::JsonRpc(_) => true,
            // The result holds the id of this call.
            RefusalForm::ToolResult(_) => return self.render(context).into_response(None),
        };
        let key = CacheKey {
            refusal,
            needed: self.needed,
            item: self.item.map(|(target, _)| target),
            dpop: context.dpop,
            is_rpc,
        };
        let prepared = context.cache.get_or_insert(key, || self.render(context));
        prepared.into_response(self.id())
    }

    fn form(&self) -> RefusalForm<'_> {
        match &self.envelope.id {
            Some(id) if self.is_tool_result => RefusalForm::ToolResult(id),
            Some(id) => RefusalForm::JsonRpc(id),
            None => RefusalForm::OAuth,
        }
    }

    fn id(&self) -> Option<&RequestId> {
        match self.form() {
            RefusalForm::JsonRpc(id) => Some(id),
            RefusalForm::OAuth | RefusalForm::ToolResult(_) => None,
        }
    }

    /// Renders the answer without the id.
    fn render(&self, context: RefusalContext<'_>) -> PreparedResponse {
        let refusal = &self.refusal;
        if let Refusal::Message(error) = refusal {
            let id = self.envelope.id.as_ref().filter(|_| error.repeats_id());
            return rpc_error(id, error.status(), error.code(), error.description());
        }
        let status = self.status();
        let mut prepared = match (self.form(), rpc_code(status)) {
            (RefusalForm::ToolResult(id), _) => {
                return PreparedResponse::new(StatusCode::OK, &self.tool_result(id, context));
            }
            (RefusalForm::JsonRpc(_), Some(_)) => {
                PreparedResponse::of_error(status, &json!(self.error(context)))
            }
            (RefusalForm::JsonRpc(_) | RefusalForm::OAuth, _) => {
                PreparedResponse::new(status, &self.body_members(context))
            }
        };
        let headers = &mut prepared.headers;
        for challenge in self.challenges(context) {
            headers.append(WWW_AUTHENTICATE, challenge);
        }
        if let Some(retry_after) = refusal.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(retry_after)));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("GET, POST, DELETE"));
        }
        prepared
    }

    fn status(&self) -> StatusCode {
        match &self.refusal {
            Refusal::Message(error) => error.status(),
            Refusal::SessionLimit(full) => full.status(),
            Refusal::Credentials(_) | Refusal::Header(_) | Refusal::Body(BodyError::Broken) => {
                StatusCode::BAD_REQUEST
            }
            Refusal::NoToken { .. }
            | Refusal::ProofFailure { .. }
            | Refusal::InvalidToken { .. }
            | Refusal::InsufficientAuthentication { .. } => StatusCode::UNAUTHORIZED,
            Refusal::OriginError(_)
            | Refusal::InsufficientScope { .. }
            | Refusal::NoPerson
            | Refusal::MissingRole { .. }
            | Refusal::Forbidden { .. } => StatusCode::FORBIDDEN,
            Refusal::NoSession => StatusCode::NOT_FOUND,
            Refusal::Method => StatusCode::METHOD_NOT_ALLOWED,
            Refusal::NotAcceptable(_) => StatusCode::NOT_ACCEPTABLE,
            Refusal::Body(BodyError::TooSlow) => StatusCode::REQUEST_TIMEOUT,
            Refusal::Body(BodyError::TooLarge) | Refusal::TooLargeWithoutToken { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Refusal::TooManyPending | Refusal::LimitExceeded(_) => StatusCode::TOO_MANY_REQUESTS,
            Refusal::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Returns the challenges. There are none where no other token can help: some clients read any
    /// challenge on a 403 as a missing scope.
    fn challenges(&self, context: RefusalContext<'_>) -> Vec<HeaderValue> {
        let refusal = &self.refusal;
        let bound = context.dpop || matches!(refusal, Refusal::ProofFailure { .. });
        let (challenges, table) = (context.challenges, context.table);
        let with_error = |code, scopes, prose: &str| {
            let mut both = vec![challenges.with_error(code, scopes, table, prose)];
            both.extend(bound.then(|| challenges.of_dpop(Some(code), scopes, table, prose)));
            both
        };
        match refusal {
            Refusal::Credentials(error) => {
                let prose = error.description();
                with_error(ErrorCode::InvalidRequest, ScopeSet::EMPTY, prose)
            }
            Refusal::NoToken { challenge_scopes } => {
                let mut both = vec![challenges.without_error(*challenge_scopes, table)];
                both.extend(bound.then(|| challenges.of_dpop(None, *challenge_scopes, table, "")));
                both
            }
            Refusal::ProofFailure {
                challenge_scopes,
                failure,
            } => with_error(failure.code(), *challenge_scopes, failure.description()),
            Refusal::InvalidToken {
                challenge_scopes,
                description,
                ..
            } => with_error(ErrorCode::InvalidToken, *challenge_scopes, description),
            Refusal::InsufficientScope { challenged, .. } => {
                with_error(ErrorCode::InsufficientScope, *challenged, LACKS_SCOPE)
            }
            Refusal::InsufficientAuthentication {
                challenged,
                conditions,
            } => {
                let code = ErrorCode::InsufficientUserAuthentication(*conditions);
                with_error(code, *challenged, WEAK_LOGIN)
            }
            _ => Vec::new(),
        }
    }

    /// Returns the JSON-RPC error. Many clients show its message, and nothing of any other body.
    fn error(&self, context: RefusalContext<'_>) -> ErrorData {
        let code = rpc_code(self.status()).unwrap_or(RpcCode::INTERNAL_ERROR);
        ErrorData::new(
            code,
            self.message(context),
            Some(self.body_members(context)),
        )
    }

    /// Returns the answer as a message, for a transport without a status and headers.
    #[cfg(feature = "stdio")]
    pub(in crate::gate) fn into_message(self, context: RefusalContext<'_>) -> serde_json::Value {
        let id = self.envelope.id.as_ref();
        let (id, error) = match &self.refusal {
            Refusal::Message(error) => {
                let text = error.description().to_owned();
                (
                    id.filter(|_| error.repeats_id()),
                    ErrorData::new(error.code(), text, None),
                )
            }
            _ => (id, self.error(context)),
        };
        json!({"jsonrpc": "2.0", "id": id, "error": error})
    }

    /// Returns the denial in the forms that a message can hold.
    pub(in crate::gate) fn denied_answer(&self, context: RefusalContext<'_>) -> DeniedAnswer {
        let challenge = match &self.refusal {
            // The host requires an `error`, and its documentation shows this one.
            Refusal::NoToken { challenge_scopes } => Some(context.challenges.with_error(
                ErrorCode::InsufficientScope,
                *challenge_scopes,
                context.table,
                &self.refusal.description(context),
            )),
            _ => self.challenges(context).into_iter().next(),
        };
        DeniedAnswer::new(challenge.as_ref(), self.error(context))
    }

    /// Returns the denial as the result of the call with this id.
    pub(in crate::gate) fn tool_result(
        &self,
        id: &RequestId,
        context: RefusalContext<'_>,
    ) -> serde_json::Value {
        let answer = self.denied_answer(context);
        answer.into_tool_result(id, self.envelope.marks_complete)
    }

    /// Returns the id of a call, if an answer repeats it.
    pub(in crate::gate) fn call_id(&self) -> Option<&RequestId> {
        self.envelope.id.as_ref().filter(|_| self.envelope.is_call)
    }
}

/// Returns the JSON-RPC code of a status.
fn rpc_code(status: StatusCode) -> Option<RpcCode> {
    match status {
        StatusCode::UNAUTHORIZED => Some(UNAUTHORIZED),
        StatusCode::FORBIDDEN => Some(FORBIDDEN),
        StatusCode::TOO_MANY_REQUESTS => Some(TOO_MANY_REQUESTS),
        _ => None,
    }
}

/// Returns an error in OAuth's form (RFC 6749 §5.2).
pub(crate) fn oauth_error(
    status: StatusCode,
    error: &str,
    description: &str,
    scope: &str,
) -> Response<Body> {
    PreparedResponse::new(status, &oauth_members(error, description, scope)).into_response(None)
}

/// Returns the answer in place of one that could not be produced.
pub(in crate::gate) fn server_error() -> Response<Body> {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    oauth_error(status, "server_error", "the server could not answer", "")
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
