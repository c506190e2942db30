//! Requests of several rounds: how the server requests missing input from the client.
//!
//! In revision 2026-07-28 the question is a result, and each round is a request that the gate
//! authorizes. In a session of an earlier revision the server sends requests to its client
//! while the call waits, and runs the rounds itself. It uses the same sealed state, so the
//! author's code sees no difference, and authorizes each round again, with the token that the
//! session's caller sent last.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::request::Parts;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolResponse, GetPromptResponse, InputRequest, InputRequests, InputRequiredResult,
        InputResponses, JsonObject, ProtocolVersion, ReadResourceResponse, ServerRequest,
    },
    service::{Peer, RequestContext, ServiceError},
};
use serde_json::Value;
use tokio::time::timeout;

use crate::{
    authorization::{Decision, Permit, Rules},
    caller::Caller,
    gate::{
        Admission, AuthorizeQuestion, Authorizer, DecisionPoint, LatestCaller, NotAuthorized,
        PolicyFault, PolicyQuestion, SessionGuard, audit,
    },
    item::{
        Authorized, CallRound, ClientCapability, MissingCapabilities, RoundRequest, RoundSeal,
        RunError, ToolError,
    },
    observer::{RunOutcome, RunReport},
    operation::Operation,
    scope::ScopeSet,
};

use super::{access_watch::AccessWatch, dispatch_check::gate_extension};
use page_completion::PageCompletion;

mod page_completion;

/// The maximum number of rounds of a request in a session: the same number as clients of
/// 2026-07-28 accept.
const MAX_ROUNDS: usize = 10;

/// What seals and authorizes the rounds of a server, or of a handler behind a gate.
#[derive(Clone, Copy)]
pub(super) struct RoundGuard<'h> {
    pub(super) seal: &'h Arc<RoundSeal>,
    pub(super) rules: &'h Rules,
    pub(super) watch: &'h AccessWatch,
    pub(super) authorizer: Option<&'h Authorizer>,
    pub(super) decision_point: Option<&'h DecisionPoint>,
}

/// One request, which may take several rounds.
pub(super) struct Rounds<'h> {
    guard: RoundGuard<'h>,
    operation: Operation<'h>,
    arguments: Option<&'h JsonObject>,
    pub(super) context: Arc<RequestContext<RoleServer>>,
    /// Whether the revision has results that ask for input.
    pub(super) is_current: bool,
}

impl<'h> Rounds<'h> {
    pub(super) fn new(
        guard: RoundGuard<'h>,
        operation: Operation<'h>,
        arguments: Option<&'h JsonObject>,
        context: RequestContext<RoleServer>,
    ) -> Self {
        Self {
            guard,
            operation,
            arguments,
            is_current: is_current(&context),
            context: Arc::new(context),
        }
    }

    /// Checks that the client declared the capabilities that the item always needs.
    pub(super) fn check(&self, needed: &[ClientCapability]) -> Result<(), ToolError> {
        if needed.is_empty() {
            return Ok(());
        }
        let declared = self.context.client_capabilities();
        MissingCapabilities::check(needed, declared.as_ref())
            .map_err(ToolError::missing_capabilities)
    }

    /// Runs a request to its end, or until the client has to send the next round.
    pub(super) async fn run<R: Answer>(
        &self,
        permit: &Permit,
        round_request: RoundRequest<'_>,
        run: impl Fn(&Permit, CallRound) -> BoxFuture<'h, Result<R, RunError>>,
    ) -> Result<R, RunError> {
        let mut permit = permit.clone();
        let round = self.validate(&permit, &round_request)?;
        let mut end = run(&permit, round).await?;
        if self.is_current {
            return Ok(end);
        }
        let desk = self.guard.seal.approval_desk();
        let mut page = PageCompletion::new(&self.context.peer, desk);
        for _ in 0..MAX_ROUNDS {
            let requested = match end.into_input_request() {
                Ok(requested) => requested,
                Err(end) => return Ok(end),
            };
            let requests = requested.input_requests.unwrap_or_default();
            page.watch(&requests, permit.caller());
            let waiting = round_request.next(requested.request_state);
            // A later answer would be refused, so do not wait longer.
            let left = self.validate(&permit, &waiting)?.left();
            // A run that is dropped while it waits for the client was cancelled.
            self.note(RunOutcome::Cancelled);
            let responses = page.alongside(timeout(left, self.request_input(requests)));
            let responses = responses.await.map_err(|_| {
                self.note(RunOutcome::TimedOut);
                ErrorData::internal_error("your client did not answer in time", None)
            })??;
            let round_request = waiting.with(responses);
            self.note(RunOutcome::LateDenial);
            permit = self.authorize_again(&permit).await?;
            self.note(RunOutcome::ToolError);
            let round = self.validate(&permit, &round_request)?;
            // The caller of `run` watches the token of the first round, this the latest token.
            let running = self
                .guard
                .watch
                .during(&permit, self.report(), run(&permit, round));
            end = page.alongside(running).await.map_err(ErrorData::from)??;
        }
        match end.into_input_request() {
            Ok(_) => Err(RunError::Failed(ErrorData::internal_error(
                "the server asked for input more often than the limit of rounds allows",
                None,
            ))),
            Err(end) => Ok(end),
        }
    }

    fn report(&self) -> Option<&Arc<RunReport>> {
        gate_extension(&self.context.extensions)
    }

    fn note(&self, outcome: RunOutcome) {
        if let Some(report) = self.report() {
            report.note(outcome);
        }
    }

    /// Validates the request state and the answers of a request and returns its round.
    pub(super) fn validate(
        &self,
        permit: &Permit,
        round_request: &RoundRequest<'_>,
    ) -> Result<CallRound, ErrorData> {
        let declared = self.context.client_capabilities();
        CallRound::validate(self.guard.seal, permit.caller(), round_request, declared).map_err(
            |error| {
                self.log_refusal(permit, "no_such_round", error.message());
                ErrorData::invalid_params(error.message(), None)
            },
        )
    }

    fn log_refusal(&self, permit: &Permit, outcome: &'static str, reason: &str) {
        let mut context = audit::AuditContext::new(Some(self.operation), permit.caller());
        let head = self.context.extensions.get::<Parts>();
        context.headers = head.map(|head| &head.headers);
        let reason = || reason.to_owned();
        let (none, table) = (ScopeSet::EMPTY, self.guard.rules.table());
        let cause = audit::Cause {
            outcome,
            ..audit::Cause::default()
        };
        audit::refused(context, cause, reason, none, none, table);
    }

    /// Authorizes the next round as the gate authorized the request, with the latest token of the
    /// session, which the gate has validated. The item must be the same, and so must the client:
    /// the session belongs to one caller, but another client of that caller cannot continue the
    /// request.
    async fn authorize_again(&self, before: &Permit) -> Result<Permit, ErrorData> {
        let refuse = |reason: &str| {
            self.log_refusal(before, "no_longer_admitted", reason);
            ErrorData::invalid_request("you are no longer authorized to do this", None)
        };
        let latest_caller: &LatestCaller = gate_extension(&self.context.extensions)
            .ok_or_else(|| refuse("the request belongs to no session"))?;
        let operation = self.operation;
        let caller = latest_caller.caller();
        if let Some(withdrawn) = self.guard.watch.withdrawn(caller.as_ref(), before.target()) {
            return Err(refuse(withdrawn.as_str()));
        }
        let mut admission = match self.guard.rules.decide(operation, caller) {
            Decision::Admit(permit) => Admission::Permitted(permit),
            Decision::Ask(undecided) => Admission::Undecided(undecided),
            Decision::Deny(..) => return Err(refuse("the latest token does not authorize it")),
        };
        if admission.target() != before.target() {
            return Err(refuse("the item is not offered any more"));
        }
        if client(admission.caller()) != client(before.caller()) {
            return Err(refuse("the latest token belongs to another client"));
        }
        if let Some(authorized) = self.ask_item(&admission, &refuse).await? {
            admission.extend(authorized);
        }
        let question = PolicyQuestion {
            operation,
            arguments: self.arguments,
            session: self.session(),
        };
        let (point, rules) = (self.guard.decision_point, self.guard.rules);
        let decided = admission.decided(point, rules, question).await;
        let allowed = decided.map_err(|not_allowed| {
            let error = refuse(&not_allowed.fault.to_string());
            match not_allowed.fault {
                PolicyFault::Denied(_) | PolicyFault::Failed => error,
                PolicyFault::Unavailable { .. } | PolicyFault::TooManyPending => unavailable(),
            }
        })?;
        Ok(allowed.permit)
    }

    /// Calls the `authorize` function of the item, if it has one.
    async fn ask_item(
        &self,
        admission: &Admission,
        refuse: impl Fn(&str) -> ErrorData,
    ) -> Result<Option<Authorized>, ErrorData> {
        let (Some(authorizer), Some(target), Some(requested)) = (
            self.guard.authorizer,
            admission.target(),
            self.operation.item_name(),
        ) else {
            return Ok(None);
        };
        if !authorizer.has_authorize(target) {
            return Ok(None);
        }
        let question = AuthorizeQuestion {
            items: vec![(target, requested)],
            arguments: self.arguments,
            caller: admission.caller(),
            runs: true,
        };
        let authorized = authorizer.authorize_request(question).await;
        authorized.map_err(|refused| {
            let error = refuse(&refused.to_string());
            match refused {
                NotAuthorized::Denied(_) => error,
                NotAuthorized::TooSlow | NotAuthorized::TooManyPending => unavailable(),
            }
        })
    }

    /// Returns the session of the request.
    fn session(&self) -> Option<&str> {
        let session = gate_extension::<Arc<SessionGuard>>(&self.context.extensions);
        session.map(|session| session.id())
    }

    /// Sends the requests to the client of a session, one after the other.
    async fn request_input(&self, requests: InputRequests) -> Result<InputResponses, ErrorData> {
        // Without a session no client can answer.
        if gate_extension::<LatestCaller>(&self.context.extensions).is_none() {
            return Err(ErrorData::invalid_request(
                "a client can be asked for input only in a session or with revision 2026-07-28",
                None,
            ));
        }
        let mut responses = InputResponses::new();
        for (key, request) in requests {
            let answer = tokio::select! {
                biased;
                () = self.context.ct.cancelled() => {
                    return Err(ErrorData::internal_error("the call was cancelled", None));
                }
                answer = answer(&self.context.peer, request) => answer,
            };
            let answer = answer.map_err(|error| {
                tracing::debug!(target: "toolgate::tool", %error, "a client did not answer");
                ErrorData::internal_error(format!("your client did not answer `{key}`"), None)
            })?;
            responses.insert(key, answer);
        }
        Ok(responses)
    }
}

/// Returns whether the revision has results that ask for input.
pub(super) fn is_current(context: &RequestContext<RoleServer>) -> bool {
    let version = context.protocol_version();
    version.is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

/// Sends one request to the client and returns its answer.
async fn answer(peer: &Peer<RoleServer>, request: InputRequest) -> Result<Value, ServiceError> {
    let request = match request {
        InputRequest::Elicitation(requested) => ServerRequest::ElicitRequest(requested),
        InputRequest::CreateMessage(requested) => ServerRequest::CreateMessageRequest(requested),
        InputRequest::ListRoots(requested) => ServerRequest::ListRootsRequest(requested),
        _ => return Err(ServiceError::UnexpectedResponse),
    };
    let answer = peer.send_request(request).await?;
    // The reader of the answer checks whether it fits the request.
    serde_json::to_value(answer).map_err(|_| ServiceError::UnexpectedResponse)
}

/// A response that may ask the client for input.
pub(super) trait Answer: Sized {
    /// Returns the requested input, or the response itself if it asks for none.
    fn into_input_request(self) -> Result<InputRequiredResult, Self>;
}

/// Returns the client ID of a caller.
fn client(caller: Option<&Caller>) -> Option<&str> {
    caller?.claims().client_id()
}

/// Returns the error of a round that cannot be authorized now.
fn unavailable() -> ErrorData {
    let message = "the request cannot be authorized now; try again later";
    ErrorData::internal_error(message, None)
}

macro_rules! answers {
    ($($response:ident),*) => {
        $(impl Answer for $response {
            fn into_input_request(self) -> Result<InputRequiredResult, Self> {
                match self {
                    Self::InputRequired(requested) => Ok(requested),
                    done => Err(done),
                }
            }
        })*
    };
}

answers!(CallToolResponse, GetPromptResponse, ReadResourceResponse);
