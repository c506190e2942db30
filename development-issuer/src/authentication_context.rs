//! How strongly a person signs in here (RFC 9470 §5): with a name alone, or with an imitated
//! second factor.
//!
//! Each consent is a new sign-in, because there are no sessions. So any `max_age` of a request is
//! satisfied, and `auth_time` is the time of the decision.

use crate::{
    form_parameters::FormParameters, issuer_state::IssuerState, json_response::OAuthError,
};

/// The context of a sign-in without a second factor.
pub(crate) const NAME_ONLY: &str = "urn:toolgate:development:pwd";

/// Returns every context that a token can have.
pub(crate) fn supported(issuer: &IssuerState) -> impl Iterator<Item = &str> {
    let required = issuer.settings.acr_values.iter().map(String::as_str);
    required
        .filter(|value| *value != NAME_ONLY)
        .chain([NAME_ONLY])
}

/// Returns the contexts that a request names and this issuer supports, in the order of the
/// request. An empty list is no preference.
pub(crate) fn requested(
    issuer: &IssuerState,
    parameters: &FormParameters,
) -> Result<Vec<String>, OAuthError> {
    if let Some(seconds) = parameters.one("max_age")?
        && seconds.parse::<u64>().is_err()
    {
        return Err(OAuthError::new(
            "invalid_request",
            "max_age must be a number of seconds",
        ));
    }
    let values = parameters.one("acr_values")?.unwrap_or_default();
    let mut values = values.split(' ').filter(|one| !one.is_empty()).peekable();
    if values.peek().is_none() {
        return Ok(Vec::new());
    }
    let known = values.filter(|value| supported(issuer).any(|known| known == *value));
    let known: Vec<String> = known.map(str::to_owned).collect();
    match known.is_empty() {
        true => Err(OAuthError::new(
            "unmet_authentication_requirements",
            "this issuer supports no value of acr_values; request one of acr_values_supported",
        )),
        false => Ok(known),
    }
}

/// Returns whether a request, or an item of the server, needs a second factor, so that the page
/// offers it.
pub(crate) fn offers_second_factor(issuer: &IssuerState) -> bool {
    supported(issuer).any(|value| value != NAME_ONLY)
}

/// Returns whether the second factor is ticked in a new form: if the request prefers it.
pub(crate) fn prefers_second_factor(requested: &[String]) -> bool {
    requested.first().is_some_and(|value| value != NAME_ONLY)
}

/// Returns the context of a sign-in.
///
/// # Errors
///
/// An error for the client if the sign-in is not what its request needs (RFC 9470 §5): a token
/// without the context would lead to the same request again.
pub(crate) fn reached(
    issuer: &IssuerState,
    requested: &[String],
    has_second_factor: bool,
) -> Result<String, OAuthError> {
    let is_reached = |value: &&str| (*value != NAME_ONLY) == has_second_factor;
    let mut requested = requested.iter().map(String::as_str).peekable();
    let found = match requested.peek() {
        Some(_) => requested.find(is_reached),
        None => supported(issuer).find(is_reached).or(Some(NAME_ONLY)),
    };
    found.map(str::to_owned).ok_or(OAuthError::new(
        "unmet_authentication_requirements",
        "this sign-in reaches no value of acr_values; repeat it with the other choice of the second factor",
    ))
}
