//! Further credentials for the checks: tokens of other roles, and the client of a program.

use std::{fmt, path::Path};

use serde::Deserialize;

use crate::{bound_token::BoundToken, dpop_proof::ProofKey, user::token_source};

/// The longest file that is read, in bytes.
const LONGEST: u64 = 256 << 10;

/// The content of the file of `--credentials`. A file, because other users of the machine can read
/// a command line.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Credentials {
    /// A token of another user of this server.
    pub(crate) other_user: Option<String>,
    /// A valid token of the same issuer, for another server.
    pub(crate) other_resource: Option<String>,
    /// A token that is bound to `bound_key` (RFC 9449).
    pub(crate) bound: Option<String>,
    /// A private P-256 key: PKCS #8 in PEM.
    bound_key: Option<String>,
    /// A client of the issuer that has credentials of its own.
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Credentials {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be used. Never contains a credential.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let name = format!("the file `{}`", path.display());
        let text = token_source::read_file(path, LONGEST)?;
        // An error of the parser quotes the text.
        let own: Self = serde_json::from_str(&text).map_err(|error| {
            format!(
                "{name}, line {}: not the JSON that docs/check.md describes",
                error.line()
            )
        })?;
        if !own
            .tokens()
            .iter()
            .all(|(_, token)| token_source::is_token(token))
        {
            return Err(format!(
                "{name}: a token contains characters that tokens cannot have (RFC 6750 §2.1)"
            ));
        }
        own.bound_token()?;
        Ok(own)
    }

    /// Returns all tokens, with their names.
    pub(crate) fn tokens(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("the other user's token", &self.other_user),
            ("the token for another server", &self.other_resource),
            ("the bound token", &self.bound),
        ];
        let present = all
            .into_iter()
            .filter_map(|(name, token)| Some((name, token.as_deref()?)));
        present.collect()
    }

    /// Returns every text that no report may contain.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let tokens = self.tokens().into_iter().map(|(_, token)| token.to_owned());
        tokens.chain(self.client_secret.clone()).collect()
    }

    /// Returns the bound token with its key.
    ///
    /// # Errors
    ///
    /// If one of the two is missing, or the key is not a P-256 key in the expected form.
    pub(crate) fn bound_token(&self) -> Result<Option<BoundToken>, String> {
        match (&self.bound, &self.bound_key) {
            (None, None) => Ok(None),
            (Some(token), Some(key)) => Ok(Some(BoundToken {
                token: token.clone(),
                key: ProofKey::from_pem(key)?,
            })),
            _ => Err("--credentials needs `bound` and `bound_key` together".to_owned()),
        }
    }
}
