//! The memory use of a process, as Linux reports it.

use std::fs;

use crate::Error;

/// The memory use of a process, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    /// The resident set (`VmRSS`).
    pub(super) now: u64,
    /// The largest resident set so far (`VmHWM`).
    pub(super) peak: u64,
}

impl Memory {
    /// Reads it for a process id.
    pub(super) fn of(process: u32) -> Result<Self, Error> {
        let path = format!("/proc/{process}/status");
        let status = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        Self::read(&status).ok_or_else(|| format!("{path} has no VmRSS and VmHWM").into())
    }

    fn read(status: &str) -> Option<Self> {
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
            Some(kibibytes * 1024)
        };
        Some(Self {
            now: bytes("VmRSS:")?,
            peak: bytes("VmHWM:")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Memory;

    #[test]
    fn a_status_is_read_and_another_text_is_not() {
        let status = "Name:\ttodo\nVmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\n";
        let expected = Memory {
            now: 1024 * 1024,
            peak: 2048 * 1024,
        };
        assert_eq!(Memory::read(status), Some(expected));
        assert_eq!(Memory::read("VmRSS: 1 kB"), None);
        assert_eq!(Memory::read("VmHWM: 1\nVmRSS: 1"), None);
    }
}
