//! Choices, read from the bytes of a fuzzer one after the other.
//!
//! Where the bytes end every choice is the usual one, so that short inputs make right
//! requests, and an input that shrinks becomes plainer.

/// The bytes that are left.
#[derive(Debug, Clone)]
pub(crate) struct Tape<'a> {
    rest: &'a [u8],
    odd: usize,
}

impl<'a> Tape<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            odd: 0,
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

    /// A number below this one.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let number = usize::from(self.byte());
        match end {
            0..=256 => number % end.max(1),
            _ => (number << 8 | usize::from(self.byte())) % end,
        }
    }

    /// One of these, each as likely as the next.
    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Whether something is to be odd here: one time in sixteen.
    pub(crate) fn is_odd(&mut self) -> bool {
        let odd = self.byte() >= 240;
        self.odd += usize::from(odd);
        odd
    }

    /// Mostly the usual, sometimes one of the others.
    pub(crate) fn mostly<T: Copy>(&mut self, usual: T, odd: &[T]) -> T {
        match self.is_odd() {
            true => self.one(odd),
            false => usual,
        }
    }

    /// How often something was odd so far.
    pub(crate) fn oddities(&self) -> usize {
        self.odd
    }

    /// As many bytes as the next one says, or fewer where they end.
    pub(crate) fn few(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.rest.len());
        let (few, rest) = self.rest.split_at(length);
        self.rest = rest;
        few
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }
}
