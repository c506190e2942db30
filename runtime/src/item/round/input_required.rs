//! What a tool asks for before it can go on.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::rand;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rmcp::model::{
    ElicitRequest, ElicitRequestParams, ElicitationSchema, InputRequest, InputRequests,
    InputRequiredResult,
};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

use super::{CallRound, Sample, state_seal::Sealed};
use crate::{
    item::{
        ToolError,
        capability::{ClientCapability, MissingCapabilities},
    },
    json_schema::publish_with,
};

/// How long somebody may take to answer, where a tool says nothing else.
const LIFE: Duration = Duration::from_secs(10 * 60);

/// How long a state can be good at most: a day.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// The formats that a form can have (MCP, elicitation). A client may refuse others.
const FORM_FORMATS: &[&str] = &["date", "date-time", "email", "uri"];

/// What a tool, a prompt or a resource asks for before it can go on.
/// [`Round::ask`](crate::Round::ask) begins one.
///
/// One round can ask for several things, each by a key of its own. What the client does
/// not declare that it can be asked for, it is not asked for: the whole becomes the
/// protocol's error for that, which names all that is lacking.
#[must_use = "nobody is asked until the tool returns it"]
pub struct InputRequired {
    round: Arc<CallRound>,
    state: Value,
    requests: InputRequests,
    needed: Vec<ClientCapability>,
    life: Duration,
    fault: Option<ToolError>,
}

impl InputRequired {
    pub(super) fn new(round: Arc<CallRound>, state: serde_json::Result<Value>) -> Self {
        let (state, fault) = match state {
            Ok(state) => (state, None),
            Err(fault) => {
                let told = ToolError::new("the tool's state could not be written as JSON");
                (Value::Null, Some(told.with_source(fault)))
            }
        };
        Self {
            round,
            state,
            requests: InputRequests::new(),
            needed: Vec::new(),
            life: LIFE,
            fault,
        }
    }

    /// Asks the person to fill in a form, whose fields are those of `A`: texts, numbers,
    /// `bool` and plain enums, and nothing nested. The answer is had by the same key
    /// ([`Round::elicited`](crate::Round::elicited)).
    pub fn form<A: JsonSchema>(
        mut self,
        key: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        match schema_of::<A>() {
            Ok(requested_schema) => self.elicit(
                key.into(),
                ClientCapability::Elicitation,
                ElicitRequestParams::FormElicitationParams {
                    meta: None,
                    message: message.into(),
                    requested_schema,
                },
            ),
            Err(fault) => {
                self.fault = Some(
                    ToolError::new("the tool asks for something that no form can hold")
                        .with_source(fault),
                );
                self
            }
        }
    }

    /// Sends the person to a page, where they do what must not pass through the client.
    pub fn page(
        mut self,
        key: impl Into<String>,
        message: impl Into<String>,
        url: impl Into<String>,
    ) -> Self {
        let mut id = [0; 16];
        if let Err(fault) = rand::fill(&mut id) {
            self.fault = Some(ToolError::new("nobody could be asked").with_source(fault));
            return self;
        }
        self.elicit(
            key.into(),
            ClientCapability::ElicitationUrl,
            ElicitRequestParams::UrlElicitationParams {
                meta: None,
                message: message.into(),
                url: url.into(),
                // Of no meaning in 2026-07-28, where the key is enough.
                elicitation_id: BASE64_URL_SAFE_NO_PAD.encode(id),
            },
        )
    }

    /// Asks the client's model, and has the answer by the same key
    /// ([`Round::sampled`](crate::Round::sampled)).
    pub fn sample(self, key: impl Into<String>, sample: impl Into<Sample>) -> Self {
        let sample = sample.into();
        let needs = sample.needs();
        self.request(key.into(), &needs, sample.into())
    }

    /// Asks which folders the client works on, and has them by the same key
    /// ([`Round::roots`](crate::Round::roots)).
    pub fn roots(self, key: impl Into<String>) -> Self {
        let request = InputRequest::ListRoots(Default::default());
        self.request(key.into(), &[ClientCapability::Roots], request)
    }

    /// Lets somebody take so long to answer: ten minutes by default, a day at most.
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
        // The protocol has one request by one key, and the first would be lost in silence.
        if self.requests.contains_key(&key) {
            let told = format!("the tool asks for two things by the key `{key}`");
            self.fault = Some(ToolError::new(told));
        }
        self.requests.insert(key, request);
        self
    }

    /// As the client gets it, with the state sealed.
    ///
    /// # Errors
    ///
    /// When the client cannot be asked for all of this, or the tool cannot ask for it.
    pub(crate) fn close(self) -> Result<InputRequiredResult, ToolError> {
        let Self {
            round,
            state,
            requests,
            needed,
            life,
            fault,
        } = self;
        if let Some(fault) = fault {
            return Err(fault);
        }
        MissingCapabilities::of(&needed, round.declared())
            .map_err(ToolError::missing_capabilities)?;
        let sealed = Sealed {
            asked: requests.keys().cloned().collect(),
            state,
        };
        let seconds = life.as_secs().max(1);
        let state = round.seal.close(&round.binding, &sealed, seconds);
        let state = state.map_err(|fault| {
            ToolError::new("the tool's state could not be sealed").with_source(fault)
        })?;
        let requests = (!requests.is_empty()).then_some(requests);
        Ok(InputRequiredResult::new(requests, Some(state)))
    }
}

/// What a tool, a prompt or a resource that may ask gives back: its result, or what it
/// asks for.
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
    /// It has come to its end.
    Done(T),
    /// It cannot go on before it is told something.
    Ask(Box<InputRequired>),
}

impl<T> From<InputRequired> for Reply<T> {
    fn from(asked: InputRequired) -> Self {
        Self::Ask(Box::new(asked))
    }
}

/// A form for a type, in the subset of JSON Schema that clients can draw.
fn schema_of<A: JsonSchema>() -> Result<ElicitationSchema, serde_json::Error> {
    let settings = SchemaSettings::draft07().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<A>();
    let schema = schema.ensure_object();
    publish_with(schema, |format| FORM_FORMATS.contains(&format));
    let fields = schema.get_mut("properties").and_then(Value::as_object_mut);
    for field in fields.into_iter().flatten().map(|(_, field)| field) {
        limit_to_i64(field);
    }
    ElicitationSchema::from_json_schema(std::mem::take(schema))
}

/// Lowers the maximum of an integer to what rmcp's form can carry.
fn limit_to_i64(field: &mut Value) {
    let is_integer = field.get("type").is_some_and(|name| name == "integer");
    if let Some(maximum) = field.get_mut("maximum")
        && is_integer
        && maximum.as_u64() > Some(i64::MAX.unsigned_abs())
    {
        *maximum = i64::MAX.into();
    }
}
