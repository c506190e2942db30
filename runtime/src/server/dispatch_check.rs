//! The second check: at dispatch, the operation is compared with the one that was authorized.

use http::request::Parts;
use rmcp::{ErrorData, model::Extensions};

use crate::{
    authorization::{Permit, Rules},
    operation::Operation,
};

/// Returns the admission that the gate attached to *this* request, never one of the
/// session's.
///
/// # Errors
///
/// Returns an error if the request has no admission for this operation: the service is
/// mounted without its gate, or behind another gate.
pub(super) fn admitted(
    rules: &Rules,
    extensions: &Extensions,
    operation: Operation<'_>,
) -> Result<Permit, ErrorData> {
    let permit = extensions
        .get::<Parts>()
        .and_then(|parts| parts.extensions.get::<Permit>());
    let confirmed = permit.filter(|permit| rules.confirm(permit, operation).is_ok());
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
