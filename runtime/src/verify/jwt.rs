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
            return Err(kind_refused(self.told("its algorithm is not accepted")));
        }
        token_type::judge_type(self.jws.typ.as_deref(), self.issuer)
            .map_err(|fault| kind_refused(self.told(&fault)))?;
        let generation = self.authentic().await?;
        // From here on, the claims are authentic.
        token_type::judge_claims(&members, self.issuer)
            .and_then(|()| token_type::judge_profile(&members, self.issuer))
            .map_err(|fault| kind_refused(self.told(&fault)))?;
        let claims = Claims::from_members(members, self.issuer.claim_mapping())
            .map_err(|fault| malformed(&self.told(&fault.to_string())))?;
        Ok((claims, generation))
    }

    /// Verifies the signature, with refreshed keys if needed. Returns the generation of the
    /// keys.
    async fn authentic(&self) -> Result<u64, TokenError> {
        let keys = self.keys;
        let known = keys
            .snapshot()
            .await
            .map_err(|none| self.unavailable(none))?;
        match self.jws.judge(&known.set) {
            SignatureCheck::Genuine => return Ok(known.generation),
            SignatureCheck::Forged(fault) => return Err(self.forged(fault)),
            SignatureCheck::UnknownKey => {}
        }
        let newer = keys
            .newer_than(&known)
            .await
            .map_err(|none| self.unavailable(none))?;
        match newer.map(|newer| (self.jws.judge(&newer.set), newer.generation)) {
            Some((SignatureCheck::Genuine, generation)) => Ok(generation),
            Some((SignatureCheck::Forged(fault), _)) => Err(self.forged(fault)),
            Some((SignatureCheck::UnknownKey, _)) | None => {
                Err(self.forged("none of the issuer's keys has signed it"))
            }
        }
    }

    fn forged(&self, fault: &str) -> TokenError {
        TokenError::refused(
            "the access token's signature is not valid",
            self.told(fault),
        )
    }

    fn unavailable(&self, none: JwksError) -> TokenError {
        let told = "the token cannot be verified now because its issuer's keys are not known; try again later";
        TokenError::unanswered(told, self.told("the issuer's keys are not known"))
            .with_retry_after(none.retry_after)
    }

    /// Builds a reason for the log, with details for finding the cause.
    fn told(&self, fault: &str) -> String {
        let kid = self.jws.kid.as_deref().unwrap_or_default();
        format!(
            "{} (iss {}, alg {}, kid {})",
            Truncated(fault, 160),
            QuotedText(self.issuer.name(), 160),
            self.jws.algorithm,
            QuotedText(kid, 64)
        )
    }
}

pub(super) fn not_a_jws(fault: JwsError) -> TokenError {
    match fault {
        JwsError::Malformed(fault) => malformed(fault),
        JwsError::TokenRejection(fault) => kind_refused(fault),
    }
}

pub(super) fn malformed(fault: &str) -> TokenError {
    TokenError::refused("the access token is malformed", fault)
}

pub(super) fn kind_refused(fault: String) -> TokenError {
    TokenError::refused("this type of token is not accepted here", fault)
}
