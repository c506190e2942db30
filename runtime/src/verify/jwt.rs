//! JSON Web Tokens of the issuers that are trusted (RFC 7519, RFC 8725, RFC 9068).

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use serde_json::{Map, Value};
use tokio::{runtime::Handle, task::AbortHandle};

use super::{
    TokenError, TokenVerifier,
    jws::{Jws, NotAJws, Verdict},
    kind,
};
use crate::{
    bearer::BearerToken,
    claims::Claims,
    error::{Faults, StartError},
    issuer::{Capped, Issuer, Keys, NoKeys, Quoted},
    json,
};

/// Verifies JWT access tokens with the keys of their issuers.
///
/// A token goes to the issuer that its `iss` names and to no other: keys of different
/// issuers never mix. Nothing that a token names is ever fetched. Its header is judged
/// before its signature, its signature before its claims are believed.
///
/// The keys are loaded in the background from the first use within a tokio runtime, or
/// from [`JwtVerifier::start`], until the verifier is dropped.
///
/// ```
/// use toolgate::{Issuer, JwtVerifier};
///
/// let verifier = JwtVerifier::new([Issuer::new("https://as.example")])?;
/// assert_eq!(verifier.issuers().collect::<Vec<_>>(), ["https://as.example"]);
/// # Ok::<(), toolgate::StartError>(())
/// ```
pub struct JwtVerifier {
    trusted: Box<[Trusted]>,
    background: OnceLock<Background>,
}

struct Trusted {
    issuer: Issuer,
    keys: Arc<Keys>,
}

/// Which keys have verified a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stamp {
    issuer: usize,
    generation: u64,
}

impl JwtVerifier {
    /// A verifier for the tokens of these issuers. Nothing is fetched yet, and nothing
    /// waits: an issuer that is down does not keep a server from starting.
    ///
    /// # Errors
    ///
    /// Every fault of the issuers' settings.
    pub fn new(issuers: impl IntoIterator<Item = Issuer>) -> Result<Self, StartError> {
        let mut faults = Faults::default();
        let mut trusted: Vec<Trusted> = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        let mut count = 0;
        for issuer in issuers {
            count += 1;
            for spelling in issuer.spellings() {
                if seen.iter().any(|earlier| earlier == spelling) {
                    faults.add(
                        format!("the issuer {spelling:?} is named twice"),
                        "name each issuer, and each spelling of one, once",
                    );
                }
                seen.push(spelling.to_owned());
            }
            if let Some(keys) = issuer.keys(&mut faults) {
                trusted.push(Trusted { issuer, keys });
            }
        }
        if count == 0 {
            faults.add(
                "no issuer is named whose tokens are accepted",
                "name one (TOOLGATE_AUTHORIZATION_SERVERS)",
            );
        }
        faults.finish(Self {
            trusted: trusted.into(),
            background: OnceLock::new(),
        })
    }

    /// A verifier whose one issuer has its keys from elsewhere.
    #[cfg(test)]
    pub(super) fn with_keys(issuer: Issuer, keys: Arc<Keys>) -> Self {
        Self {
            trusted: Box::new([Trusted { issuer, keys }]),
            background: OnceLock::new(),
        }
    }

    /// Every spelling of `iss` that is accepted.
    pub fn issuers(&self) -> impl Iterator<Item = &str> {
        self.trusted.iter().flat_map(|one| one.issuer.spellings())
    }

    /// Begins to load the keys and to keep them fresh, if it is not done already. Does
    /// nothing outside of a tokio runtime; the first verification does it then.
    pub fn start(&self) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        self.background.get_or_init(|| {
            let tasks = self.trusted.iter().map(|one| {
                let keys = Arc::downgrade(&one.keys);
                runtime.spawn(Keys::maintain(keys)).abort_handle()
            });
            Background(tasks.collect())
        });
    }

    /// Whether tokens can be verified: whether the keys of at least one issuer are
    /// known. With several, one that is down does not take the others' callers along.
    ///
    /// # Errors
    ///
    /// Why there are no keys, for each issuer.
    pub fn readiness(&self) -> Result<(), String> {
        let faults: Option<Vec<_>> = self.trusted.iter().map(|one| one.keys.fault()).collect();
        match faults {
            None => Ok(()),
            Some(faults) => Err(faults.join("; ")),
        }
    }

    /// Whether what these keys have verified still stands.
    pub(super) fn is_current(&self, stamp: Stamp) -> bool {
        self.trusted
            .get(stamp.issuer)
            .is_some_and(|one| one.keys.is_current(stamp.generation))
    }

    /// Verifies a token, and says by which keys.
    pub(super) async fn verify_stamped(
        &self,
        token: &BearerToken,
    ) -> Result<(Claims, Stamp), TokenError> {
        self.start();
        let jws = Jws::read(token.as_str()).map_err(not_a_jws)?;
        let members = json::strict_object(jws.payload())
            .map_err(|_| malformed("its claims are not a JSON object with each name once"))?;
        let (index, one) = self.addressee(&members)?;
        let named = Named { jws: &jws, one };
        if !one.issuer.accepts(jws.algorithm) {
            return Err(kind_refused(
                named.told("its algorithm is not the issuer's"),
            ));
        }
        kind::judge_type(jws.typ.as_deref(), &one.issuer)
            .map_err(|fault| kind_refused(named.told(&fault)))?;
        let generation = named.authentic().await?;
        // From here on the claims are the issuer's own.
        kind::judge_claims(&members, &one.issuer)
            .map_err(|fault| kind_refused(named.told(&fault)))?;
        let claims = Claims::from_members(members)
            .map_err(|fault| malformed(&named.told(&fault.to_string())))?;
        let stamp = Stamp {
            issuer: index,
            generation,
        };
        Ok((claims, stamp))
    }

    /// The issuer that an unverified token names. It only chooses the keys; a wrong
    /// name leads to keys that have not signed the token.
    fn addressee(&self, members: &Map<String, Value>) -> Result<(usize, &Trusted), TokenError> {
        let iss = match members.get("iss") {
            Some(Value::String(iss)) => iss,
            Some(_) => return Err(malformed("its iss is not a string")),
            None => return Err(malformed("it has no iss")),
        };
        self.trusted
            .iter()
            .enumerate()
            .find(|(_, one)| one.issuer.spellings().any(|spelling| spelling == iss))
            .ok_or_else(|| {
                TokenError::refused(
                    "the access token is from an issuer that is not trusted here",
                    format!("iss {} is not trusted", Quoted(iss, 256)),
                )
            })
    }
}

impl TokenVerifier for JwtVerifier {
    async fn verify(&self, token: &BearerToken) -> Result<Claims, TokenError> {
        self.verify_stamped(token).await.map(|(claims, _)| claims)
    }
}

impl fmt::Debug for JwtVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.trusted.iter().map(|one| &one.issuer))
            .finish()
    }
}

/// A token and the issuer that it names.
struct Named<'a> {
    jws: &'a Jws<'a>,
    one: &'a Trusted,
}

impl Named<'_> {
    /// Verifies the signature, with newer keys if need be; the generation of the keys.
    async fn authentic(&self) -> Result<u64, TokenError> {
        let keys = &self.one.keys;
        let known = keys
            .snapshot()
            .await
            .map_err(|none| self.unavailable(none))?;
        match self.jws.judge(&known.set) {
            Verdict::Genuine => return Ok(known.generation),
            Verdict::Forged(fault) => return Err(self.forged(fault)),
            Verdict::UnknownKey => {}
        }
        let newer = keys
            .newer_than(&known)
            .await
            .map_err(|none| self.unavailable(none))?;
        match newer.map(|newer| (self.jws.judge(&newer.set), newer.generation)) {
            Some((Verdict::Genuine, generation)) => Ok(generation),
            Some((Verdict::Forged(fault), _)) => Err(self.forged(fault)),
            Some((Verdict::UnknownKey, _)) | None => {
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

    fn unavailable(&self, none: NoKeys) -> TokenError {
        TokenError::unavailable(self.told("the issuer's keys are not known"))
            .with_retry_after(none.retry_after)
    }

    /// A reason for the log, with what helps to find the cause.
    fn told(&self, fault: &str) -> String {
        let kid = self.jws.kid.as_deref().unwrap_or_default();
        format!(
            "{} (iss {}, alg {}, kid {})",
            Capped(fault, 160),
            Quoted(self.one.issuer.name(), 160),
            self.jws.algorithm,
            Quoted(kid, 64)
        )
    }
}

fn not_a_jws(fault: NotAJws) -> TokenError {
    match fault {
        NotAJws::Malformed(fault) => malformed(fault),
        NotAJws::Unacceptable(fault) => kind_refused(fault),
    }
}

fn malformed(fault: &str) -> TokenError {
    TokenError::refused("the access token is malformed", fault)
}

fn kind_refused(fault: String) -> TokenError {
    TokenError::refused("the token is not of a kind that is accepted here", fault)
}

/// The tasks that keep the keys fresh; they end with it.
struct Background(Vec<AbortHandle>);

impl Drop for Background {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests;
