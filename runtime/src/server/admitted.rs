//! The second check: at dispatch, what is about to run is compared with what was admitted.

use http::request::Parts;
use rmcp::{ErrorData, model::Extensions};

use crate::{
    admission::{Admission, Rules},
    operation::Operation,
};

/// The admission that came with *this* request, never one of the session's.
///
/// # Errors
///
/// What a caller is told when there is none for this operation: somebody has mounted the
/// service without its gate, or behind another's.
pub(super) fn admitted(
    rules: &Rules,
    extensions: &Extensions,
    operation: Operation<'_>,
) -> Result<Admission, ErrorData> {
    let admission = extensions
        .get::<Parts>()
        .and_then(|parts| parts.extensions.get::<Admission>());
    let confirmed = admission.filter(|admission| rules.confirm(admission, operation).is_ok());
    confirmed.cloned().ok_or_else(|| {
        tracing::error!(
            target: "toolgate::audit",
            outcome = "not_admitted",
            method = operation.kind(),
            "an operation arrived at dispatch that the gate did not admit; it was refused"
        );
        ErrorData::internal_error("the operation was not admitted", None)
    })
}
