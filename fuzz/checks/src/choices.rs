//! Choices, read one by one from a fuzzer's bytes.
//!
//! At the end of the bytes every choice is the usual one, so that short inputs give valid
//! requests, and an input becomes simpler as it shrinks.

/// The remaining bytes.
#[derive(Debug, Clone)]
pub(crate) struct Choices<'a> {
    rest: &'a [u8],
    deviation_count: usize,
}

impl<'a> Choices<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            deviation_count: 0,
        }
    }

    pub(crate) fn byte(&mut self) -> u8 {
        match self.rest.split_first() {
            Some((first, rest)) => {
                self.rest = rest;
                *first
            }
            None => 0,
        }
    }

    /// Returns a number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let number = usize::from(self.byte());
        match end {
            0..=256 => number % end.max(1),
            _ => (number << 8 | usize::from(self.byte())) % end,
        }
    }

    /// Returns one of these, all with the same probability.
    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Whether to deviate here: one time in sixteen.
    pub(crate) fn deviates(&mut self) -> bool {
        let deviation_count = self.byte() >= 240;
        self.deviation_count += usize::from(deviation_count);
        deviation_count
    }

    /// Returns usually the first value, sometimes one of the others.
    pub(crate) fn mostly<T: Copy>(&mut self, usual: T, deviation_count: &[T]) -> T {
        match self.deviates() {
            true => self.one(deviation_count),
            false => usual,
        }
    }

    /// Returns how many deviations there were so far.
    pub(crate) fn deviations(&self) -> usize {
        self.deviation_count
    }

    /// Returns as many bytes as the next byte says, or fewer at the end.
    pub(crate) fn few(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.rest.len());
        let (few, rest) = self.rest.split_at(length);
        self.rest = rest;
        few
    }

    /// Returns all remaining bytes.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }
}
