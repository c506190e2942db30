//! The identifier of the identity provider.

use crate::settings::Settings;

/// The path of the identity provider, which is a part of its identifier.
pub(crate) const PATH: &str = "/development/idp";

/// The type of an ID-JAG (draft-ietf-oauth-identity-assertion-authz-grant §3.1).
pub(crate) const ID_JAG: &str = "oauth-id-jag+jwt";

/// Returns the issuer identifier of the identity provider.
pub(crate) fn issuer(settings: &Settings) -> String {
    format!("{}{PATH}", settings.origin)
}
