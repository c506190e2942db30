//! Request state that leaves the server and comes back through the client.
//!
//! The client is not trusted with it (MCP 2026-07-28, multi round-trip requests): it could read it,
//! change it, store it, or give it to another caller. The server therefore encrypts it. It also
//! binds the state to values that the text does not contain: the server, the caller, the method,
//! and the tool and arguments (or the prompt, or the resource) of the request. If one of these
//! values differs, the state does not open, and the client does not learn which value differs.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    digest::{Context, SHA256},
    error::Unspecified,
    rand,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use toolgate_store::OneTimeUses;

use super::{
    round_request::RoundRequest,
    shared_use::SharedUse,
    used_states::{StateRedemption, UsedStates},
};
use crate::{
    caller::Caller,
    clock::{Clock, UnixTime},
    item::{approval_desk::ApprovalDesk, decision_report::DecisionReporter},
};

/// The first part of every binding. A new format of the state needs a new text.
const FORM: &str = "toolgate request state 2";

/// Seals and opens the request states of one server.
///
/// The algorithm tolerates a repeated nonce (RFC 8452), so that several replicas can share one
/// key for a long time.
pub(crate) struct RoundSeal {
    key: RandomizedNonceKey,
    /// The key before a rotation, which only opens.
    previous: Option<RandomizedNonceKey>,
    resource: String,
    clock: Arc<dyn Clock>,
    used: UsedStates,
    /// The used states of all replicas, if they share a store.
    shared: Option<OneTimeUses>,
    approval_desk: Option<Arc<dyn ApprovalDesk>>,
    /// Gets the decisions of users, if anything observes the gate.
    reporter: Option<DecisionReporter>,
}

/// What one request state belongs to: the caller and the contents of a request.
pub(crate) struct Binding(Vec<u8>);

/// The contents of a request state.
pub(super) struct Sealed {
    /// The keys of the requested inputs.
    pub(super) asked: Vec<String>,
    /// The tool's own state, as JSON.
    pub(super) state: Value,
}

/// An opened request state.
pub(super) struct Opened {
    pub(super) sealed: Sealed,
    /// The seconds until it expires; never zero.
    pub(super) left: u64,
}

/// Why a request state is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateError {
    /// It was not sealed by this server, or not for this very call.
    NotOurs,
    Expired,
}

impl RoundSeal {
    /// Creates it with the current and the previous key that all replicas share, or with a
    /// random key for the life of the process.
    pub(crate) fn new(
        [key, previous]: [Option<[u8; 32]>; 2],
        resource: String,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Unspecified> {
        let key = match key {
            Some(key) => key,
            None => {
                let mut key = [0; 32];
                rand::fill(&mut key)?;
                key
            }
        };
        let sealing = |key: [u8; 32]| RandomizedNonceKey::new(&AES_256_GCM_SIV, &key);
        Ok(Self {
            key: sealing(key)?,
            previous: previous.map(sealing).transpose()?,
            resource,
            clock,
            used: UsedStates::default(),
            shared: None,
            approval_desk: None,
            reporter: None,
        })
    }

    /// Lets items ask for approvals on the server's own page.
    pub(crate) fn with_approval_desk(mut self, desk: Option<Arc<dyn ApprovalDesk>>) -> Self {
        self.approval_desk = desk;
        self
    }

    /// Also records used states in the store of all replicas.
    pub(crate) fn with_shared_uses(mut self, uses: Option<OneTimeUses>) -> Self {
        self.shared = uses;
        self
    }

    /// Reports the decisions of users.
    pub(crate) fn with_reporter(mut self, reporter: Option<DecisionReporter>) -> Self {
        self.reporter = reporter;
        self
    }

    pub(super) fn reporter(&self) -> Option<&DecisionReporter> {
        self.reporter.as_ref()
    }

    /// Returns the interface to the stored approvals, if the server has a page for them.
    pub(crate) fn approval_desk(&self) -> Option<Arc<dyn ApprovalDesk>> {
        self.approval_desk.clone()
    }

    /// Returns what the state of a request is bound to. Its length precedes each part, so that
    /// two different calls never have the same binding.
    pub(super) fn bind(&self, caller: Option<&Caller>, turn: &RoundRequest<'_>) -> Binding {
        let mut text = Vec::new();
        let mut part = |bytes: &[u8]| {
            text.extend((bytes.len() as u64).to_be_bytes());
            text.extend(bytes);
        };
        part(FORM.as_bytes());
        part(self.resource.as_bytes());
        part(turn.method.as_bytes());
        part(turn.name.as_bytes());
        part(hash(&turn.arguments).as_ref());
        // As for sessions: a refreshed or stepped-up token belongs to the same caller.
        match caller.map(Caller::claims) {
            None => part(b"anybody"),
            Some(claims) => {
                part(claims.issuer().as_bytes());
                let (kind, name) = claims.party();
                part(kind.as_bytes());
                part(name.as_bytes());
            }
        }
        Binding(text)
    }

    /// Seals a state that expires after this many seconds.
    pub(super) fn close(
        &self,
        binding: &Binding,
        sealed: &Sealed,
        seconds: u64,
    ) -> Result<String, Unspecified> {
        let end = self.clock.now().plus(seconds).seconds();
        let content = serde_json::json!([end, sealed.asked, sealed.state]);
        let mut bytes = content.to_string().into_bytes();
        let aad = Aad::from(&binding.0);
        let nonce = self.key.seal_in_place_append_tag(aad, &mut bytes)?;
        let mut text = BASE64_URL_SAFE_NO_PAD.encode(nonce.as_ref());
        BASE64_URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
        Ok(text)
    }

    /// Uses a state by an id in it, for the seconds until it expires.
    pub(super) fn use_once(&self, caller: Option<&Caller>, id: &str, left: u64) -> StateRedemption {
        let (caller, now) = (caller.map(Caller::identity), self.clock.now());
        self.used.insert(id, caller, now.plus(left), now)
    }

    /// Returns what records the use of a state at the other replicas, if there are any. `life` is
    /// how long a new state is valid.
    pub(super) fn shared_use(&self, id: &str, left: u64, life: Duration) -> Option<SharedUse> {
        let now = self.clock.now();
        let age = life.as_secs().saturating_sub(left);
        Some(SharedUse {
            uses: self.shared.clone()?,
            id: id.to_owned(),
            made_at: UnixTime::from_seconds(now.seconds().saturating_sub(age)),
            lifetime: Duration::from_secs(left),
        })
    }

    /// Opens a state that was sealed for this call.
    pub(super) fn open(&self, binding: &Binding, text: &str) -> Result<Opened, StateError> {
        let keys = [Some(&self.key), self.previous.as_ref()];
        let content = keys
            .into_iter()
            .flatten()
            .find_map(|key| read(key, binding, text));
        let (end, asked, state) = content.ok_or(StateError::NotOurs)?;
        match UnixTime::from_seconds(end).since(self.clock.now()) {
            0 => Err(StateError::Expired),
            left => Ok(Opened {
                sealed: Sealed { asked, state },
                left,
            }),
        }
    }
}

/// Opens a sealed state with one key.
fn read(
    key: &RandomizedNonceKey,
    binding: &Binding,
    text: &str,
) -> Option<(u64, Vec<String>, Value)> {
    // 12 bytes are 16 characters, so the two parts need no separator.
    let (nonce, text) = text.split_at_checked(NONCE_LEN / 3 * 4)?;
    let nonce = BASE64_URL_SAFE_NO_PAD.decode(nonce).ok()?;
    let nonce = Nonce::try_assume_unique_for_key(&nonce).ok()?;
    let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    let aad = Aad::from(&binding.0);
    let content = key.open_in_place(nonce, aad, &mut bytes).ok()?;
    serde_json::from_slice(content).ok()
}

/// Returns a hash of the arguments that does not depend on the order in which a client sends
/// them.
fn hash(arguments: &Map<String, Value>) -> impl AsRef<[u8]> + use<> {
    let mut context = Context::new(&SHA256);
    object(&mut context, arguments);
    context.finish()
}

/// Every value begins with its type, then with its length if it has one.
fn value(context: &mut Context, value: &Value) {
    match value {
        Value::Null => context.update(b"0"),
        Value::Bool(true) => context.update(b"t"),
        Value::Bool(false) => context.update(b"f"),
        Value::Number(number) => text(context, b"n", &number.to_string()),
        Value::String(string) => text(context, b"s", string),
        Value::Array(items) => {
            context.update(b"a");
            context.update(&(items.len() as u64).to_be_bytes());
            for item in items {
                self::value(context, item);
            }
        }
        Value::Object(members) => object(context, members),
    }
}

fn object(context: &mut Context, members: &Map<String, Value>) {
    // Features of other crates decide whether serde_json keeps the order.
    let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
    names.sort_unstable();
    context.update(b"o");
    context.update(&(names.len() as u64).to_be_bytes());
    for name in names {
        text(context, b"s", name);
        value(context, &members[name]);
    }
}

fn text(context: &mut Context, kind: &[u8], text: &str) {
    context.update(kind);
    context.update(&(text.len() as u64).to_be_bytes());
    context.update(text.as_bytes());
}

#[cfg(test)]
mod tests;
