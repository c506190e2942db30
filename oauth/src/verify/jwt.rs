//! Verifies a JSON Web Token with the keys of its issuer (RFC 7519, RFC 8725, RFC 9068).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    TokenError,
    jws::{Jws, JwsError, SignatureCheck},
    token_type,
};
use crate::{
    claims::Claims,
    issuer::{Issuer, JwksCache, JwksError},
    log_text::{QuotedText, Truncated},
};

/// A token, and the issuer that it names.
pub(super) struct JwtVerification<'a> {
    pub(super) jws: &'a Jws<'a>,
    pub(super) issuer: &'a Issuer,
    pub(super) keys: &'a Arc<JwksCache>,
}

impl JwtVerification<'_> {
    /// Verifies the header, the signature, the token type and the claims, in this order.
    /// Returns the claims and the generation of the keys.
    pub(super) async fn verify(
        &self,
        members: Map<String, Value>,
    ) -> Result<(Claims, u64), TokenError> {
        if !self.issuer.accepts(self.jws.algorithm) {
            return Err(type_refused(
                self.log_reason("its algorithm is not accepted"),
            ));
        }
        token_type::check_type(self.jws.typ.as_deref(), self.issuer)
            .map_err(|error| type_refused(self.log_reason(&error)))?;
        let generation = self.verify_signature().await?;
        // From here on, the claims are authentic.
        token_type::check_claims(&members, self.issuer)
            .and_then(|()| token_type::check_profile(&members, self.issuer))
            .map_err(|error| type_refused(self.log_reason(&error)))?;
        let claims = Claims::from_members(members, self.issuer.claim_mapping())
            .map_err(|error| malformed(&self.log_reason(&error.to_string())))?;
        Ok((claims, generation))
    }

    /// Verifies the signature, with refreshed keys if needed. Returns the generation of the
    /// keys.
    async fn verify_signature(&self) -> Result<u64, TokenError> {
        let keys = self.keys;
        let known = keys
            .snapshot()
            .await
            .map_err(|none| self.unavailable(none))?;
        match self.jws.check_signature(&known.set) {
            SignatureCheck::Genuine => return Ok(known.generation),
            SignatureCheck::Forged(error) => return Err(self.invalid_signature(error)),
            SignatureCheck::UnknownKey => {}
        }
        let newer = keys
            .newer_than(&known)
            .await
            .map_err(|none| self.unavailable(none))?;
        match newer.map(|newer| (self.jws.check_signature(&newer.set), newer.generation)) {
            Some((SignatureCheck::Genuine, generation)) => Ok(generation),
            Some((SignatureCheck::Forged(error), _)) => Err(self.invalid_signature(error)),
            Some((SignatureCheck::UnknownKey, _)) | None => {
                Err(self.invalid_signature("none of the issuer's keys has signed it"))
            }
        }
    }

    fn invalid_signature(&self, error: &str) -> TokenError {
        TokenError::invalid_with(
            "the access token's signature is not valid",
            self.log_reason(error),
        )
    }

    fn unavailable(&self, none: JwksError) -> TokenError {
        let client_message = "the token cannot be verified now because its issuer's keys are not known; try again later";
        TokenError::unavailable_with(
            client_message,
            self.log_reason("the issuer's keys are not known"),
        )
        .with_retry_after(none.retry_after)
    }

    /// Builds a reason for the log, with details for finding the cause.
    fn log_reason(&self, error: &str) -> String {
        let kid = self.jws.kid.as_deref().unwrap_or_default();
        format!(
            "{} (iss {}, alg {}, kid {})",
            Truncated(error, 160),
            QuotedText(self.issuer.name(), 160),
            self.jws.algorithm,
            QuotedText(kid, 64)
        )
    }
}

pub(super) fn jws_error(error: JwsError) -> TokenError {
    match error {
        JwsError::Malformed(error) => malformed(error),
        JwsError::Refused(error) => type_refused(error),
    }
}

pub(super) fn malformed(error: &str) -> TokenError {
    TokenError::invalid_with("the access token is malformed", error)
}

pub(super) fn type_refused(error: String) -> TokenError {
    TokenError::invalid_with("this type of token is not accepted here", error)
}
