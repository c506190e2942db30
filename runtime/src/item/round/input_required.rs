//! [`InputRequired`]: the input that an item needs before it can continue.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::rand;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rmcp::model::{
    ElicitRequest, ElicitRequestParams, InputRequest, InputRequests, InputRequiredResult,
};
use schemars::JsonSchema;
use serde_json::Value;

use super::{CallRound, Sample, form::form_of, state_seal::Sealed};
use crate::item::{
    ToolError,
    capability::{ClientCapability, MissingCapabilities},
};

/// How long a client may take to answer, by default.
const LIFE: Duration = Duration::from_secs(10 * 60);

/// The longest lifetime of a state: a day.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// The input that a tool, a prompt or a resource needs before it can continue.
/// [`Round::ask`](crate::Round::ask) creates one.
///
/// One round can ask for several inputs, each with its own key. If the client does not declare
/// a capability for one of them, it gets the protocol's error instead, which names all missing
/// capabilities.
#[must_use = "the client is not asked until the tool returns it"]
pub struct InputRequired {
    round: Arc<CallRound>,
    state: Value,
    requests: InputRequests,
    needed: Vec<ClientCapability>,
    life: Duration,
    error: Option<ToolError>,
}

impl InputRequired {
    pub(super) fn new(round: Arc<CallRound>, state: serde_json::Result<Value>) -> Self {
        let (state, error) = match state {
            Ok(state) => (state, None),
            Err(error) => {
                let message = ToolError::new("the tool's state could not be written as JSON");
                (Value::Null, Some(message.with_source(error)))
            }
        };
        Self {
            round,
            state,
            requests: InputRequests::new(),
            needed: Vec::new(),
            life: LIFE,
            error,
        }
    }

    /// Asks the user to fill in a form. Its fields are those of `A`: strings, numbers, `bool`,
    /// enums of names and lists of such enums, without nested types. The user can leave an
    /// `Option` empty. [`Round::elicited`](crate::Round::elicited) returns the answer by the same
    /// key.
    ///
    /// If `A` has any other field, the call fails with a tool error that names the field. To get
    /// this error at start-up, register `A` with [`Server::form`](crate::Server::form).
    pub fn form<A: JsonSchema>(
        mut self,
        key: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        match form_of::<A>() {
            Ok(requested_schema) => self.elicit(
                key.into(),
                ClientCapability::Elicitation,
                ElicitRequestParams::FormElicitationParams {
                    meta: None,
                    message: message.into(),
                    requested_schema,
                },
            ),
            Err(error) => {
                self.error = Some(ToolError::new(error));
                self
            }
        }
    }

    /// Sends the user to a page, for input that must not pass through the client.
    pub fn page(
        mut self,
        key: impl Into<String>,
        message: impl Into<String>,
        url: impl Into<String>,
    ) -> Self {
        let mut id = [0; 16];
        if let Err(error) = rand::fill(&mut id) {
            self.error = Some(ToolError::new("the client could not be asked").with_source(error));
            return self;
        }
        let id = BASE64_URL_SAFE_NO_PAD.encode(id);
        self.page_with_id(key.into(), message.into(), url.into(), id)
    }

    /// Like [`page`](Self::page), with the elicitation id that the completion notification of MCP
    /// 2025-11-25 names. In revision 2026-07-28 the key is sufficient.
    pub(in crate::item) fn page_with_id(
        self,
        key: String,
        message: String,
        url: String,
        elicitation_id: String,
    ) -> Self {
        self.elicit(
            key,
            ClientCapability::ElicitationUrl,
            ElicitRequestParams::UrlElicitationParams {
                meta: None,
                message,
                url,
                elicitation_id,
            },
        )
    }

    /// Asks the client's model. [`Round::sampled`](crate::Round::sampled) returns the answer by
    /// the same key.
    pub fn sample(self, key: impl Into<String>, sample: impl Into<Sample>) -> Self {
        let sample = sample.into();
        let needs = sample.needs();
        self.request(key.into(), &needs, sample.into())
    }

    /// Asks for the folders that the client works on. [`Round::roots`](crate::Round::roots)
    /// returns them by the same key.
    pub fn roots(self, key: impl Into<String>) -> Self {
        let request = InputRequest::ListRoots(Default::default());
        self.request(key.into(), &[ClientCapability::Roots], request)
    }

    /// Sets how long the client may take to answer: ten minutes by default, a day at most.
    pub fn good_for(mut self, life: Duration) -> Self {
        self.life = life.min(LONGEST_LIFE);
        self
    }

    fn elicit(self, key: String, needs: ClientCapability, params: ElicitRequestParams) -> Self {
        let request = InputRequest::Elicitation(ElicitRequest::new(params));
        self.request(key, &[needs], request)
    }

    fn request(mut self, key: String, needs: &[ClientCapability], request: InputRequest) -> Self {
        self.needed.extend(needs);
        // The protocol has one request for each key, so the first would be lost silently.
        if self.requests.contains_key(&key) {
            let message = format!("the tool asks for two inputs with the key `{key}`");
            self.error = Some(ToolError::new(message));
        }
        self.requests.insert(key, request);
        self
    }

    /// Returns the result for the client, with the state sealed.
    ///
    /// # Errors
    ///
    /// Returns an error if the client has not declared all needed capabilities, or if the request
    /// is invalid.
    pub(crate) fn close(self) -> Result<InputRequiredResult, ToolError> {
        let Self {
            round,
            state,
            requests,
            needed,
            life,
            error,
        } = self;
        if let Some(error) = error {
            return Err(error);
        }
        MissingCapabilities::check(&needed, round.declared())
            .map_err(ToolError::missing_capabilities)?;
        let sealed = Sealed {
            asked: requests.keys().cloned().collect(),
            state,
        };
        let seconds = life.as_secs().max(1);
        let state = round.seal.close(&round.binding, &sealed, seconds);
        let state = state.map_err(|error| {
            ToolError::new("the tool's state could not be sealed").with_source(error)
        })?;
        let requests = (!requests.is_empty()).then_some(requests);
        Ok(InputRequiredResult::new(requests, Some(state)))
    }
}

/// The result of an item that can ask for input: its own result, or the needed input.
///
/// ```
/// use toolgate::{InputRequired, Reply};
///
/// fn reply(asked: Option<InputRequired>) -> Reply<&'static str> {
///     match asked {
///         Some(asked) => asked.into(),
///         None => Reply::Done("It is done."),
///     }
/// }
/// ```
pub enum Reply<T> {
    /// The item is done.
    Done(T),
    /// The item needs input before it can continue.
    Ask(Box<InputRequired>),
}

impl<T> From<InputRequired> for Reply<T> {
    fn from(asked: InputRequired) -> Self {
        Self::Ask(Box::new(asked))
    }
}
