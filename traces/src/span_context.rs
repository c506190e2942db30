//! [`SpanContext`]: the identity of a span, as `traceparent` carries it (W3C Trace Context, level 2).

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
};

/// The flag of a trace that is recorded (§3.2.2.5.1).
const SAMPLED: u8 = 1;
/// The flag of a trace whose id is random (§3.2.2.5.2). Every participant repeats it.
const RANDOM: u8 = 2;

/// The trace of a span, its own id, and the flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanContext {
    pub(crate) trace: [u8; 16],
    pub(crate) span: [u8; 8],
    flags: u8,
}

impl SpanContext {
    /// Starts a trace. It is not sampled until [`SpanContext::with_sampled`] says so.
    #[must_use]
    pub fn root() -> Self {
        Self {
            trace: random(),
            span: random(),
            flags: RANDOM,
        }
    }

    /// Reads a `traceparent`. Returns `None` unless it is valid (§3.2.2).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.splitn(5, '-');
        let (version, trace) = (hex::<1>(fields.next()?)?, hex(fields.next()?)?);
        let (span, [flags]) = (hex(fields.next()?)?, hex::<1>(fields.next()?)?);
        // A later version may have further fields (§4.3.2); `ff` is no version.
        let has_more = fields.next().is_some();
        let is_valid = version != [0xff]
            && !(version == [0] && has_more)
            && text.len() <= 512
            && trace != [0; 16]
            && span != [0; 8];
        is_valid.then_some(Self {
            trace,
            span,
            flags: flags & (SAMPLED | RANDOM),
        })
    }

    /// Returns the context of a new span with this parent.
    #[must_use]
    pub fn child(&self) -> Self {
        Self {
            span: random(),
            ..*self
        }
    }

    /// Returns the same span in the trace of another one.
    pub(crate) fn in_trace_of(self, other: &Self) -> Self {
        Self {
            span: self.span,
            ..*other
        }
    }

    /// Returns whether the trace is recorded.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// Returns the context with this decision.
    #[must_use]
    pub fn with_sampled(self, is_sampled: bool) -> Self {
        let flags = match is_sampled {
            true => self.flags | SAMPLED,
            false => self.flags & !SAMPLED,
        };
        Self { flags, ..self }
    }

    pub(crate) fn flags(&self) -> u8 {
        self.flags
    }
}

/// Writes the `traceparent`.
impl fmt::Display for SpanContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("00-")?;
        self.trace
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("-")?;
        self.span
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, "-{:02x}", self.flags)
    }
}

/// Reads lower-case hexadecimal digits, exactly two for each byte.
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    if pairs.len() != N {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = (digit(*high)? << 4) | digit(*low)?;
    }
    Some(bytes)
}

/// Returns random bytes that are not all zero, which would be no id.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() || bytes == [0; N] {
        // An id is not a secret, so the random hashes of the standard library are sufficient.
        for part in bytes.chunks_mut(8) {
            let hash = RandomState::new().hash_one(0_u8) | 1;
            part.copy_from_slice(&hash.to_le_bytes()[..part.len()]);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_valid_traceparent_is_read_and_written_again() {
        let context = SpanContext::parse(VALID).unwrap();
        assert!(context.is_sampled());
        assert_eq!(context.to_string(), VALID);
        let child = context.child();
        assert_eq!(child.trace, context.trace);
        assert_ne!(child.span, context.span);
        let unsampled = context.with_sampled(false);
        assert!(unsampled.to_string().ends_with("-00"));
    }

    #[test]
    fn what_is_not_a_traceparent_is_refused() {
        let later = VALID.replacen("00", "cc", 1);
        assert!(SpanContext::parse(&format!("{later}-what-will-be")).is_some());
        for text in [
            "",
            "-",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
            "00-4bf92f3577b34da6a3ce929d0e0e47\u{e9}-00f067aa0ba902b7-01",
            &format!("{later}-{}", "x".repeat(512)),
        ] {
            assert_eq!(SpanContext::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn new_traces_differ_and_state_that_their_id_is_random() {
        let (one, other) = (SpanContext::root(), SpanContext::root());
        assert_ne!(one.trace, other.trace);
        assert!(!one.is_sampled());
        assert!(one.to_string().ends_with("-02"));
    }
}
