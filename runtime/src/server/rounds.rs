//! Requests of several rounds: who is asked what is missing, and by which way.
//!
//! Revision 2026-07-28 takes the question as a result, and each round is a request that the
//! gate judges. In a session of an older one the server asks its client while the request
//! waits, and goes through the rounds by itself: with the same sealed state, so that what
//! runs sees no difference, and judged anew before each, by the token that the session's
//! principal brought last.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolResponse, GetPromptResponse, InputRequest, InputRequests, InputRequiredResult,
        InputResponses, ProtocolVersion, ReadResourceResponse, ServerRequest,
    },
    service::{Peer, RequestContext, ServiceError},
};
use serde_json::Value;
use tokio::time::timeout;

use crate::{
    admission::{Admission, Decision, Rules},
    gate::Holder,
    operation::Operation,
    tool::{CallRound, Capability, Lack, RoundSeal, ToolError, ToolOutcome, Turn},
};

use super::handler::of_request;

/// How many rounds a request of a session can have: what clients of 2026-07-28 go through
/// as well.
const MOST: usize = 10;

/// One request, which may take several rounds.
pub(super) struct Rounds<'h> {
    seal: &'h Arc<RoundSeal>,
    rules: &'h Rules,
    operation: Operation<'h>,
    /// Of what runs, for the log: nothing that a client wrote.
    name: &'h str,
    pub(super) context: Arc<RequestContext<RoleServer>>,
    /// Whether the revision has results that ask.
    is_current: bool,
}

impl<'h> Rounds<'h> {
    pub(super) fn new(
        seal: &'h Arc<RoundSeal>,
        rules: &'h Rules,
        operation: Operation<'h>,
        name: &'h str,
        context: RequestContext<RoleServer>,
    ) -> Self {
        let version = context.protocol_version();
        Self {
            seal,
            rules,
            operation,
            name,
            is_current: version
                .is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str()),
            context: Arc::new(context),
        }
    }

    /// Whether the client can be asked for what is needed in any case.
    pub(super) fn check(&self, needed: &[Capability]) -> Result<(), ToolError> {
        if needed.is_empty() {
            return Ok(());
        }
        let declared = self.context.client_capabilities();
        Lack::of(needed, declared.as_ref()).map_err(ToolError::lacking)
    }

    /// The outcome of a tool, by the revision's own ways to tell of a failure.
    pub(super) fn told(&self, outcome: ToolOutcome) -> Result<CallToolResponse, ErrorData> {
        match self.is_current {
            true => outcome.into_answer(),
            false => Ok(outcome.into_response()),
        }
    }

    /// Runs a request to its end, or to where its client has to call again.
    pub(super) async fn run<R: Answer>(
        &self,
        admission: &Admission,
        turn: Turn<'_>,
        run: impl Fn(&Admission, CallRound) -> BoxFuture<'h, Result<R, ErrorData>>,
    ) -> Result<R, ErrorData> {
        let mut admission = admission.clone();
        let round = self.judge(&admission, &turn)?;
        let mut end = run(&admission, round).await?;
        if self.is_current {
            return Ok(end);
        }
        for _ in 0..MOST {
            let asked = match end.into_asked() {
                Ok(asked) => asked,
                Err(end) => return Ok(end),
            };
            let requests = asked.input_requests.unwrap_or_default();
            let waiting = turn.next(asked.request_state);
            // A later answer would be refused, so nobody waits for one.
            let left = self.judge(&admission, &waiting)?.left();
            let responses = timeout(left, self.ask(requests)).await.map_err(|_| {
                ErrorData::internal_error("your client did not answer in time", None)
            })??;
            let turn = waiting.with(responses);
            admission = self.admit_again(&admission)?;
            let round = self.judge(&admission, &turn)?;
            end = run(&admission, round).await?;
        }
        match end.into_asked() {
            Ok(_) => Err(ErrorData::internal_error(
                "the server asked more often than a request may have rounds",
                None,
            )),
            Err(end) => Ok(end),
        }
    }

    /// The round that a request is, if what it brings belongs to it.
    pub(super) fn judge(
        &self,
        admission: &Admission,
        turn: &Turn<'_>,
    ) -> Result<CallRound, ErrorData> {
        let declared = self.context.client_capabilities();
        CallRound::judge(self.seal, admission.principal(), turn, declared).map_err(|fault| {
            tracing::warn!(
                target: "toolgate::audit",
                outcome = "no_such_round",
                method = self.operation.kind(),
                name = self.name,
                reason = fault.message(),
                "a request brought a request state or answers that are not its own; it was refused"
            );
            ErrorData::invalid_params(fault.message(), None)
        })
    }

    /// Judges whoever holds the session now as the gate judged the request: their token is
    /// the one that came last, which is the answer's unless their client was quicker still,
    /// and the gate has found it good. What runs is the same, and so is whoever it runs for: a
    /// session has one principal, and another client of theirs does not go on with it.
    fn admit_again(&self, before: &Admission) -> Result<Admission, ErrorData> {
        let refused = || {
            tracing::warn!(
                target: "toolgate::audit",
                outcome = "no_longer_admitted",
                method = self.operation.kind(),
                name = self.name,
                "a caller may no longer do what they began; the round was refused"
            );
            ErrorData::invalid_request("you may no longer do this", None)
        };
        let holder: &Holder = of_request(&self.context.extensions).ok_or_else(refused)?;
        match self.rules.decide(self.operation, holder.principal()) {
            Decision::Admit(admission)
                if admission.target() == before.target()
                    && client(&admission) == client(before) =>
            {
                Ok(admission)
            }
            Decision::Admit(_) | Decision::Deny(..) => Err(refused()),
        }
    }

    /// Asks the client of a session, one thing after the other.
    async fn ask(&self, requests: InputRequests) -> Result<InputResponses, ErrorData> {
        // Where there is no session nobody could answer.
        if of_request::<Holder>(&self.context.extensions).is_none() {
            return Err(ErrorData::invalid_request(
                "a client can be asked in a session only, or by revision 2026-07-28",
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
            let answer = answer.map_err(|fault| {
                tracing::debug!(target: "toolgate::tool", %fault, "a client did not answer");
                ErrorData::internal_error(format!("your client did not answer `{key}`"), None)
            })?;
            responses.insert(key, answer);
        }
        Ok(responses)
    }
}

/// What a client answers to one request of the server's.
async fn answer(peer: &Peer<RoleServer>, request: InputRequest) -> Result<Value, ServiceError> {
    let request = match request {
        InputRequest::Elicitation(asked) => ServerRequest::ElicitRequest(asked),
        InputRequest::CreateMessage(asked) => ServerRequest::CreateMessageRequest(asked),
        InputRequest::ListRoots(asked) => ServerRequest::ListRootsRequest(asked),
        _ => return Err(ServiceError::UnexpectedResponse),
    };
    let answer = peer.send_request(request).await?;
    // Whether it is one to what was asked is seen where it is read.
    serde_json::to_value(answer).map_err(|_| ServiceError::UnexpectedResponse)
}

/// The response to a request that may ask.
pub(super) trait Answer: Sized {
    /// What is asked for; or the response that asks for nothing.
    fn into_asked(self) -> Result<InputRequiredResult, Self>;
}

/// The client by which a caller came.
fn client(admission: &Admission) -> Option<&str> {
    admission.principal()?.claims().client_id()
}

macro_rules! answers {
    ($($response:ident),*) => {
        $(impl Answer for $response {
            fn into_asked(self) -> Result<InputRequiredResult, Self> {
                match self {
                    Self::InputRequired(asked) => Ok(asked),
                    done => Err(done),
                }
            }
        })*
    };
}

answers!(CallToolResponse, GetPromptResponse, ReadResourceResponse);
