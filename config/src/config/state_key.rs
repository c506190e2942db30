//! The key that seals state which tools leave with the client between two rounds of one call.

use std::fmt;

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::Config;

/// A key of 32 bytes. `Debug` redacts it.
#[derive(Clone, Copy)]
pub(super) struct StateKey([u8; 32]);

impl StateKey {
    /// Builds a key from 32 bytes.
    ///
    /// # Errors
    ///
    /// If all bytes are equal: such a placeholder is the first guess of an attacker.
    pub(super) fn new(key: [u8; 32]) -> Result<Self, &'static str> {
        match key.iter().all(|byte| *byte == key[0]) {
            true => Err("is one byte repeated 32 times, which is easy to guess"),
            false => Ok(Self(key)),
        }
    }

    /// Parses base64 in either alphabet, with or without padding.
    ///
    /// # Errors
    ///
    /// The error in the key, without the key itself.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let config =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let bytes = [STANDARD, URL_SAFE].iter().find_map(|alphabet| {
            let bytes = GeneralPurpose::new(alphabet, config).decode(text).ok()?;
            bytes.try_into().ok()
        });
        Self::new(bytes.ok_or("is not the base64 of 32 bytes")?)
    }

    pub(super) fn bytes(self) -> [u8; 32] {
        self.0
    }
}

impl Config {
    /// Sets the key that seals the state which a tool leaves with the client between two
    /// rounds of one call (`Round`): 32 secret random bytes.
    ///
    /// Without it, the server generates a key at each start. It then refuses state that was
    /// sealed before a restart or by another replica, and the client must repeat the call.
    /// The server does not start with a key whose bytes are all equal.
    #[must_use]
    pub fn with_state_key(mut self, key: [u8; 32]) -> Self {
        self.set_state_key("the state key", StateKey::new(key));
        self
    }

    /// Also opens state that this key sealed, which [`with_state_key`](Self::with_state_key)
    /// replaced: calls that wait for an answer during a rotation continue.
    #[must_use]
    pub fn with_previous_state_key(mut self, key: [u8; 32]) -> Self {
        self.set_previous_state_key("the previous state key", StateKey::new(key));
        self
    }

    /// Stores a key or the error in it. The message never shows the key: even a mistyped key
    /// reveals most of it.
    pub(super) fn set_state_key(&mut self, source: &str, key: Result<StateKey, &'static str>) {
        self.state_key = self.checked_key(source, key, "use the same key on every replica");
    }

    pub(super) fn set_previous_state_key(
        &mut self,
        source: &str,
        key: Result<StateKey, &'static str>,
    ) {
        let advice = "use the same key on every replica";
        self.previous_state_key = self.checked_key(source, key, advice);
    }

    /// Returns a key, or adds the error in it. `advice` says how to use a generated key.
    pub(super) fn checked_key(
        &mut self,
        source: &str,
        key: Result<StateKey, &'static str>,
        advice: &str,
    ) -> Option<StateKey> {
        key.map_err(|error| {
            self.add_error(
                format!("{source} {error}"),
                format!("generate one with `openssl rand -base64 32`, and {advice}"),
            );
        })
        .ok()
    }
}

impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes 0xff to 0xe0, which the two alphabets encode differently.
    fn key() -> [u8; 32] {
        std::array::from_fn(|at| 0xff - u8::try_from(at).unwrap())
    }

    #[test]
    fn a_key_is_32_bytes_in_base64_of_any_kind_and_is_not_printed() {
        for text in [
            "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA=",
            "__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA",
        ] {
            assert_eq!(StateKey::parse(text).map(StateKey::bytes), Ok(key()));
        }
        for text in ["", "secret", "+/v7", &"A".repeat(44)] {
            let told = StateKey::parse(text).unwrap_err();
            assert_eq!(told, "is not the base64 of 32 bytes", "{text}");
        }
        let printed = format!("{:?}", StateKey::new(key()).unwrap());
        assert_eq!(printed, "[redacted]");
    }

    #[test]
    fn a_key_of_one_byte_is_none() {
        let zeros = format!("{}=", "A".repeat(43));
        let sevens = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
        for text in [&zeros, sevens] {
            let told = StateKey::parse(text).unwrap_err();
            assert!(told.contains("one byte"), "{told}");
        }
        for byte in 0..=255 {
            assert!(StateKey::new([byte; 32]).is_err());
            let mut other = [byte; 32];
            other[31] ^= 1;
            assert!(StateKey::new(other).is_ok());
        }
    }
}
