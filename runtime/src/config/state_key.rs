//! The key for what tools keep in the client's hands between two rounds of one call.

use std::fmt;

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// 32 bytes, which nothing prints.
#[derive(Clone, Copy)]
pub(super) struct StateKey([u8; 32]);

impl StateKey {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Reads base64 in either alphabet, with or without padding.
    pub(super) fn read(text: &str) -> Option<Self> {
        let config =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        [STANDARD, URL_SAFE].iter().find_map(|alphabet| {
            let bytes = GeneralPurpose::new(alphabet, config).decode(text).ok()?;
            bytes.try_into().ok().map(Self)
        })
    }

    pub(super) fn bytes(self) -> [u8; 32] {
        self.0
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

    #[test]
    fn a_key_is_32_bytes_in_base64_of_any_kind_and_is_not_printed() {
        let key = [0xfb; 32];
        for text in [
            "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=",
            "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s",
        ] {
            assert_eq!(StateKey::read(text).map(StateKey::bytes), Some(key));
        }
        for text in ["", "secret", "+/v7", &"A".repeat(44)] {
            assert!(StateKey::read(text).is_none(), "{text}");
        }
        assert_eq!(format!("{:?}", StateKey::new(key)), "[redacted]");
    }
}
