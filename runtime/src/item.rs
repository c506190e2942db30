//! What tools, prompts and resources have in common.
//!
//! | file | what it holds |
//! |---|---|
//! | `facts`, `security_schemes` | what an attribute states, and how a list publishes it |
//! | `call` | [`Call`]: what one request brings |
//! | `extract` | [`FromCall`], [`FromRef`], [`State`] |
//! | `context` | [`Context`]: progress, cancellation and the client |
//! | `capability` | [`ClientCapability`]: what a client can be asked for |
//! | `round` | [`Round`]: a request of several rounds, with sealed state between them |
//! | `completion` | functions that complete an argument |
//! | `missing_value` | deserializes a missing argument |
//! | `tool_error` | [`ToolError`] |
//! | `redaction` | removes secrets from text for logs and callers |

mod call;
mod capability;
mod completion;
mod context;
mod extract;
mod facts;
mod missing_value;
pub(crate) mod redaction;
mod round;
mod security_schemes;
mod tool_error;

pub use call::Call;
pub use capability::ClientCapability;
pub(crate) use capability::MissingCapabilities;
pub use completion::{Alone, Beside, Borrowed, Completer, Completions, Later, Now, Owned};
pub(crate) use completion::{Completing, bound, complete, completing};
pub(crate) use context::LogThreshold;
pub use context::{Context, LogLevel};
pub use extract::{FromCall, FromRef, State};
pub use facts::{Facts, ScopeText, Stated};
pub(crate) use missing_value::Nothing;
pub(crate) use round::{CallRound, RoundRequest, RoundSeal};
pub use round::{Elicited, InputRequired, Reply, Root, Round, Sample, Sampled};
pub(crate) use security_schemes::{SCHEMES, schemes};
pub use tool_error::{IntoToolError, ToolError};
