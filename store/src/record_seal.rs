//! [`RecordSeal`]: seals records so that a store can neither read nor forge them.

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    digest::{Context, SHA256},
    error::Unspecified,
    hmac,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use toolgate_core::clock::UnixTime;

use crate::StoreError;

/// The first part of every binding. A new format of a record needs a new text.
const FORM: &[u8] = b"toolgate store record 1\0";

/// What a record is for. A record of one purpose cannot be used for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A DPoP proof that was used.
    Proof,
    /// The state of a round that was used.
    Round,
    /// The time of the last loss of data in the store.
    Epoch,
    /// The list of revocations.
    Revocations,
    /// A session.
    Session,
    /// An event of a stream.
    Event,
    /// A rate. It is not sealed, because the store counts.
    Rate,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Proof => "proof",
            Self::Round => "round",
            Self::Epoch => "epoch",
            Self::Revocations => "revocations",
            Self::Session => "session",
            Self::Event => "event",
            Self::Rate => "rate",
        }
    }
}

/// The key of a record in the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecordKey(String);

impl RecordKey {
    /// Returns its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The keys of one server.
pub(crate) struct RecordSeal {
    key: RandomizedNonceKey,
    /// The other key during a key rotation. It only opens records.
    other: Option<RandomizedNonceKey>,
    resource: String,
}

impl RecordSeal {
    /// Derives the keys from the current state key and the other key of a rotation. Servers of
    /// different resources can use one store.
    pub(crate) fn new(
        key: &[u8; 32],
        other: Option<&[u8; 32]>,
        resource: &str,
    ) -> Result<Self, Unspecified> {
        let sealing = |key: &[u8; 32]| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key);
            let derived = hmac::sign(&key, b"toolgate store key");
            RandomizedNonceKey::new(&AES_256_GCM_SIV, derived.as_ref())
        };
        Ok(Self {
            key: sealing(key)?,
            other: other.map(sealing).transpose()?,
            resource: resource.to_owned(),
        })
    }

    /// Returns the key of a record. It does not depend on the state key, so that a rotation forgets
    /// nothing, and it does not show the name.
    pub(crate) fn record_key(&self, purpose: Purpose, name: &[&[u8]]) -> RecordKey {
        let mut hash = Context::new(&SHA256);
        // Its length precedes each part, so that two different names never have the same hash.
        for part in [self.resource.as_bytes()].iter().chain(name) {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut key = format!("toolgate:{}:", purpose.name());
        BASE64_URL_SAFE_NO_PAD.encode_string(hash.finish(), &mut key);
        RecordKey(key)
    }

    /// Seals a record until it expires.
    pub(crate) fn close(
        &self,
        key: &RecordKey,
        content: &[u8],
        until: UnixTime,
    ) -> Result<Vec<u8>, StoreError> {
        let mut bytes = until.seconds().to_be_bytes().to_vec();
        bytes.extend(content);
        let nonce = self
            .key
            .seal_in_place_append_tag(binding(key), &mut bytes)
            .map_err(|_| StoreError::because("a record cannot be sealed"))?;
        Ok([nonce.as_ref().as_slice(), &bytes].concat())
    }

    /// Opens a record that was sealed for this key and has not expired.
    ///
    /// # Errors
    ///
    /// If the record is forged, was stored under another key, or has expired: a store that puts an
    /// old record back must not grant anything.
    pub(crate) fn open(
        &self,
        key: &RecordKey,
        sealed: &[u8],
        now: UnixTime,
    ) -> Result<Vec<u8>, StoreError> {
        let opened = [Some(&self.key), self.other.as_ref()]
            .into_iter()
            .flatten()
            .find_map(|one| read(one, key, sealed));
        let content = opened.ok_or_else(StoreError::not_genuine)?;
        let (until, content) = content
            .split_first_chunk()
            .ok_or_else(StoreError::not_genuine)?;
        match UnixTime::from_seconds(u64::from_be_bytes(*until)) > now {
            true => Ok(content.to_vec()),
            false => Err(StoreError::not_genuine()),
        }
    }
}

fn binding(key: &RecordKey) -> Aad<Vec<u8>> {
    Aad::from([FORM, key.0.as_bytes()].concat())
}

fn read(sealing: &RandomizedNonceKey, key: &RecordKey, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut bytes = sealed.to_vec();
    let length = sealing
        .open_in_place(nonce, binding(key), &mut bytes)
        .ok()?
        .len();
    bytes.truncate(length);
    Some(bytes)
}

#[cfg(test)]
mod tests;
