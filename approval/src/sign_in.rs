//! [`SignIn`]: one browser that signs in for one approval.

use toolgate_oauth::issuer::RequestingClient;

use crate::secret_text::{self, NoRandomNumbers, is_equal};

/// One browser that signs in for one approval. It is not valid for another approval.
pub(crate) struct SignIn {
    /// The secret of the cookie. It changes when the user has signed in, so that a cookie from
    /// before the sign-in is not valid (session fixation, CWE-384).
    cookie: String,
    phase: Phase,
}

enum Phase {
    /// The browser is at the issuer.
    Started {
        state: String,
        redemption: Redemption,
    },
    /// The user has signed in, and is the caller.
    SignedIn { form_token: String, is_shown: bool },
}

/// The values that redeem the code of one sign-in.
#[derive(Clone)]
pub(crate) struct Redemption {
    pub(crate) verifier: String,
    /// The client that requested the code. `None` until the issuer is known.
    pub(crate) client: Option<RequestingClient>,
}

/// The values of a sign-in that was started, for the browser and the issuer.
pub(crate) struct StartedSignIn {
    pub(crate) cookie: String,
    pub(crate) state: String,
    pub(crate) code_challenge: String,
}

impl SignIn {
    /// Starts a sign-in.
    pub(crate) fn start() -> Result<(Self, StartedSignIn), NoRandomNumbers> {
        let cookie = secret_text::random::<32>()?;
        let state = secret_text::random::<16>()?;
        // RFC 7636 §4.1: at least 256 bits, in 43 characters.
        let verifier = secret_text::random::<32>()?;
        let started = StartedSignIn {
            cookie: cookie.clone(),
            state: state.clone(),
            code_challenge: secret_text::code_challenge(&verifier),
        };
        let redemption = Redemption {
            verifier,
            client: None,
        };
        let phase = Phase::Started { state, redemption };
        Ok((Self { cookie, phase }, started))
    }

    /// Adds the client that requests the code. Another client cannot redeem it (RFC 6749 §4.1.3).
    pub(crate) fn requested_by(mut self, requesting: RequestingClient) -> Self {
        if let Phase::Started { redemption, .. } = &mut self.phase {
            redemption.client = Some(requesting);
        }
        self
    }

    /// Creates the sign-in of a user who is the caller. Returns it with its cookie.
    pub(crate) fn signed_in() -> Result<(Self, String), NoRandomNumbers> {
        let cookie = secret_text::random::<32>()?;
        let form_token = secret_text::random::<16>()?;
        let phase = Phase::SignedIn {
            form_token,
            is_shown: false,
        };
        let sign_in = Self {
            cookie: cookie.clone(),
            phase,
        };
        Ok((sign_in, cookie))
    }

    /// Returns the values that redeem its code, if this browser started it with this state.
    pub(crate) fn redemption(&self, state: &str, cookie: &str) -> Option<&Redemption> {
        match &self.phase {
            Phase::Started {
                state: own,
                redemption,
            } => (is_equal(own, state) && is_equal(&self.cookie, cookie)).then_some(redemption),
            Phase::SignedIn { .. } => None,
        }
    }

    /// Returns whether the user has signed in.
    pub(crate) fn is_signed_in(&self) -> bool {
        matches!(self.phase, Phase::SignedIn { .. })
    }

    /// Returns the token for the page, once, if the user has signed in with this browser. A server
    /// on another port of this host also gets the cookie (RFC 6265 §8.5), and must not get the
    /// token.
    pub(crate) fn show_form(&mut self, cookie: &str) -> Option<&str> {
        match &mut self.phase {
            Phase::SignedIn {
                form_token,
                is_shown,
            } if !*is_shown && is_equal(&self.cookie, cookie) => {
                *is_shown = true;
                Some(form_token)
            }
            Phase::SignedIn { .. } | Phase::Started { .. } => None,
        }
    }

    /// Returns the token of the form, if the user has signed in with this browser.
    pub(crate) fn form_token(&self, cookie: &str) -> Option<&str> {
        match &self.phase {
            Phase::SignedIn { form_token, .. } => {
                is_equal(&self.cookie, cookie).then_some(form_token)
            }
            Phase::Started { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_not_valid_in_another_browser() {
        let (sign_in, started) = SignIn::start().unwrap();
        let (_, other) = SignIn::start().unwrap();
        assert!(
            sign_in
                .redemption(&started.state, &started.cookie)
                .is_some()
        );
        assert!(sign_in.redemption(&started.state, &other.cookie).is_none());
        assert!(sign_in.redemption(&started.state, "").is_none());
        assert!(sign_in.redemption(&other.state, &started.cookie).is_none());
    }

    #[test]
    fn a_cookie_from_before_the_sign_in_shows_and_decides_nothing() {
        let (before, started) = SignIn::start().unwrap();
        assert!(before.form_token(&started.cookie).is_none());
        let (after, cookie) = SignIn::signed_in().unwrap();
        assert!(after.form_token(&started.cookie).is_none());
        assert!(after.form_token(&cookie).is_some());
        assert!(after.redemption(&started.state, &cookie).is_none());
    }
}
