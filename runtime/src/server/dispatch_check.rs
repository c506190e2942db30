//! The second check: at dispatch, the operation is compared with the one that was authorized.

use http::request::Parts;
use rmcp::{ErrorData, model::Extensions};

use crate::{
    authorization::{Permit, Rules},
    operation::Operation,
};

/// Returns the value of a type that the gate attached to *this* request, never one of the
/// session's.
pub(super) fn gate_extension<T: Send + Sync + 'static>(extensions: &Extensions) -> Option<&T> {
    extensions.get::<Parts>()?.extensions.get::<T>()
}

/// Returns the permit of a request, if it is for the operation that rmcp has read.
///
/// # Errors
///
/// Returns an error if the request has no permit for this operation: the service is mounted
/// without its gate, or behind another gate.
pub(super) fn confirmed_permit(
    rules: &Rules,
    extensions: &Extensions,
    operation: Operation<'_>,
) -> Result<Permit, ErrorData> {
    let permit = gate_extension::<Permit>(extensions);
    let confirmed = permit.filter(|permit| rules.reauthorize(permit, operation).is_ok());
    confirmed.cloned().ok_or_else(|| {
        tracing::error!(
            target: "toolgate::audit",
            decision = "not_admitted",
            method = operation.kind(),
            "an operation arrived at dispatch that the gate did not admit; it was refused"
        );
        ErrorData::internal_error("the operation was not admitted", None)
    })
}
