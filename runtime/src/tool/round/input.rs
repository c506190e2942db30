//! What a tool asks for before it can go on.

use std::{sync::Arc, time::Duration};

use rmcp::model::{
    ElicitRequest, ElicitRequestParams, ElicitationSchema, InputRequest, InputRequests,
    InputRequiredResult,
};
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::Value;

use super::{CallRound, seal::Sealed};
use crate::tool::{IntoToolResult, ToolError, ToolOutcome};

/// How long somebody may take to answer, where a tool says nothing else.
const LIFE: Duration = Duration::from_secs(10 * 60);

/// How long a state can be good at most: a day.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// What a tool asks for before it can go on. [`Round::ask`](crate::Round::ask) begins one.
#[must_use = "nobody is asked until the tool returns it"]
pub struct InputRequired {
    round: Arc<CallRound>,
    state: Value,
    requests: InputRequests,
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
            life: LIFE,
            fault,
        }
    }

    /// Asks the person to fill in a form, whose fields are those of `A`: texts, numbers,
    /// `bool` and plain enums, and nothing nested. The answer is had by the same key.
    pub fn form<A: JsonSchema>(
        mut self,
        key: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        match schema_of::<A>() {
            Ok(requested_schema) => self.elicit(
                key.into(),
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
        self,
        key: impl Into<String>,
        message: impl Into<String>,
        url: impl Into<String>,
    ) -> Self {
        self.elicit(
            key.into(),
            ElicitRequestParams::UrlElicitationParams {
                meta: None,
                message: message.into(),
                url: url.into(),
                elicitation_id: String::new(),
            },
        )
    }

    /// Lets somebody take so long to answer: ten minutes by default, a day at most.
    pub fn good_for(mut self, life: Duration) -> Self {
        self.life = life.min(LONGEST_LIFE);
        self
    }

    fn elicit(mut self, key: String, params: ElicitRequestParams) -> Self {
        if !self.round.can_elicit {
            self.fault = Some(ToolError::new(
                "this tool has to ask you something, and your client does not say that it can \
                 (the capability `elicitation`)",
            ));
        }
        let request = InputRequest::Elicitation(ElicitRequest::new(params));
        self.requests.insert(key, request);
        self
    }
}

impl IntoToolResult for InputRequired {
    fn into_tool_result(self) -> ToolOutcome {
        let Self {
            round,
            state,
            requests,
            life,
            fault,
        } = self;
        if let Some(fault) = fault {
            return ToolOutcome::failed(fault);
        }
        let sealed = Sealed {
            asked: requests.keys().cloned().collect(),
            state,
        };
        let seconds = life.as_secs().max(1);
        match round.seal.close(&round.binding, &sealed, seconds) {
            Ok(state) => {
                let requests = (!requests.is_empty()).then_some(requests);
                ToolOutcome::new(InputRequiredResult::new(requests, Some(state)))
            }
            Err(fault) => ToolOutcome::failed(
                ToolError::new("the tool's state could not be sealed").with_source(fault),
            ),
        }
    }
}

/// What a tool that may ask gives back: its result, or what it asks for.
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

impl<T: IntoToolResult> IntoToolResult for Reply<T> {
    fn into_tool_result(self) -> ToolOutcome {
        match self {
            Self::Done(result) => result.into_tool_result(),
            Self::Ask(asked) => asked.into_tool_result(),
        }
    }

    fn output_schema() -> Option<Schema> {
        T::output_schema()
    }
}

/// A form for a type, in the subset of JSON Schema that clients can draw.
fn schema_of<A: JsonSchema>() -> Result<ElicitationSchema, serde_json::Error> {
    let settings = SchemaSettings::draft07().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let schema = settings.into_generator().into_root_schema_for::<A>();
    ElicitationSchema::from_json_schema(serde_json::from_value(schema.to_value())?)
}
