//! The weight of a session, by the memory that it takes.

/// The bytes of a session with the weight 1: a session of a typical client, whose tasks, channels
/// and buffers take about [`FIXED`] bytes and whose handshake has less than a kilobyte. A larger
/// session has more weight, so the limit of the weight limits the bytes, too.
const BYTES_PER_WEIGHT: usize = 64 * 1024;

/// The bytes of a session without its client information.
const FIXED: usize = 50 * 1024;

/// Returns the weight of a session, by the message that opens it.
///
/// rmcp stores the client information unpacked: a JSON object takes about 650 bytes with its
/// first member, a list about 130, and a value within either about 130 more. The marks are
/// counted in strings, too: an estimate that is too high does no harm.
pub(super) fn weight(handshake: &[u8]) -> usize {
    let unpacked: usize = handshake
        .iter()
        .map(|byte| match byte {
            b'{' => 672,
            b'[' => 144,
            b',' => 192,
            _ => 2,
        })
        .sum();
    (FIXED + unpacked).div_ceil(BYTES_PER_WEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weight_of_a_session_follows_from_what_its_handshake_unpacks_to() {
        let refusal = br#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{
            "protocolVersion":"2025-11-25","capabilities":{"roots":{"listChanged":true},
            "sampling":{},"elicitation":{"form":{},"url":{}}},
            "clientInfo":{"name":"test","title":"Test","version":"1.0.0"}}}"#;
        assert_eq!(weight(refusal), 1);
        assert_eq!(weight(&[b'a'; 4 * 1024]), 1);
        // The largest possible handshake: first only text, then what needs the most memory.
        assert_eq!(weight(&[b'a'; 16 * 1024]), 2);
        let hostile = br#"{"":0},"#.repeat(16 * 1024 / 7);
        assert_eq!(weight(&hostile), 32);
    }
}
