//! What tools, prompts and resources have in common.
//!
//! | file | what it holds |
//! |---|---|
//! | `kind` | [`Kind`]: what makes a tool, a prompt and a resource differ |
//! | `definition` | [`Definition`]: what an expansion states about one function |
//! | `set` | [`ItemSet`]: which items a server has |
//! | `registers_items` | [`RegistersItems`]: what registers items on a server |
//! | `registered_item` | [`Item`]: lists, validates, runs and completes one item |
//! | `run` | runs the author's code |
//! | `output`, `json` | [`IntoOutput`], [`Json`]: what a function can return |
//! | `authorize`, `authorize_signature` | a function that authorizes a request by its parameters |
//! | `authorize_error` | [`AuthorizeError`]: why an `authorize` function denies a request |
//! | `authorized_values` | [`AuthorizedValues`]: the parameters that it has authorized |
//! | `authorize_denial` | [`AuthorizeDenial`]: a denial that demands only declared scopes |
//! | `call_error`, `tool_error` | [`CallError`], [`ToolError`] |
//! | `declaration`, `security_schemes` | what an attribute states, and how a list publishes it |
//! | `call` | [`Call`]: what one request brings |
//! | `extract` | [`FromCall`], [`FromRef`], [`State`] |
//! | `context` | [`Context`]: progress, cancellation and the client |
//! | `capability` | [`ClientCapability`]: what a client can be asked for |
//! | `round` | [`Round`]: a request of several rounds, with sealed state between them |
//! | `timeout` | cancels an item that runs too long |
//! | `user_check` | [`UserCheck`]: the decision of the user before an item runs |
//! | `question` | the question, with all arguments |
//! | `confirmation` | the client asks its user |
//! | `approval`, `approval_desk` | the user decides on the server's own page |
//! | `decision_report` | reports what users decide |
//! | `run_error` | [`RunError`]: why a request has no response |
//! | `completion` | functions that complete an argument |
//! | `missing_value` | deserializes a missing argument |

mod approval;
mod approval_desk;
pub(crate) mod authorize;
mod authorize_denial;
mod authorize_error;
pub(crate) mod authorize_signature;
mod authorized_values;
mod call;
mod call_error;
mod capability;
mod completion;
mod confirmation;
mod context;
mod decision_report;
mod declaration;
mod definition;
pub(crate) mod extract;
mod json;
mod kind;
mod missing_value;
mod output;
mod question;
mod registered_item;
mod registers_items;
mod round;
mod run;
mod run_error;
mod security_schemes;
mod set;
mod timeout;
mod tool_error;
mod user_check;

pub(crate) use crate::item_limits::ItemLimits;
pub(crate) use approval_desk::ApprovalDesk;
#[cfg(feature = "approval")]
pub(crate) use approval_desk::{ApprovalDecision, ApprovalPage, ApprovalRequest};
pub use authorize::AuthorizeReturn;
pub(crate) use authorize::{Authorized, Authorizing, decide};
pub(crate) use authorize_denial::AuthorizeDenial;
pub use authorize_error::AuthorizeError;
pub(crate) use authorize_error::{AuthorizeReason, NOT_RECORDED};
pub use authorized_values::AuthorizedValues;
pub use call::{Call, ItemName};
pub(crate) use call_error::{BoxError, FailureKind};
pub use call_error::{CallError, IntoCallError};
pub use capability::ClientCapability;
pub(crate) use capability::MissingCapabilities;
pub use completion::{Alone, Beside, Borrowed, Completer, Completions, Later, Now, Owned};
pub(crate) use completion::{Completing, complete, completing, with_state_applied};
pub(crate) use context::LogThreshold;
pub use context::{Context, LogLevel};
pub(crate) use decision_report::DecisionReporter;
pub(crate) use declaration::Published;
pub use declaration::{DeclaredAccess, ItemDeclaration, ScopeText};
pub use definition::Definition;
pub use extract::{FromCall, FromRef, State};
pub use json::Json;
pub(crate) use kind::{Built, KindParts, Running};
pub use kind::{Kind, Sealed};
pub(crate) use missing_value::{MissingValue, Names};
pub(crate) use output::returns;
pub use output::{IntoOutput, Returns};
pub(crate) use question::DeclaredQuestion;
pub(crate) use registered_item::Item;
pub use registers_items::{Registering, RegistersItems, Unimplemented};
pub(crate) use round::{CallRound, RoundRequest, RoundSeal, check_form};
pub use round::{Elicited, InputRequired, Reply, Root, Round, Sample, Sampled};
pub use run::run;
pub(crate) use run::{Run, split_denial};
pub(crate) use run_error::RunError;
pub(crate) use security_schemes::{SCHEMES, schemes};
pub use set::{ItemDef, ItemGroup, ItemSet};
pub(crate) use timeout::timed_out;
pub use tool_error::ToolError;
pub(crate) use user_check::UserCheck;
