//! Where lines are written: [`FileSink`], [`StdoutSink`], and memory for tests.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

/// Where an audit log is written.
pub trait Sink: Send {
    /// Appends complete lines. After an error the sink has no part of them, or removes that part
    /// before it writes the next lines.
    ///
    /// # Errors
    ///
    /// Returns an error if the lines are not written.
    fn append(&mut self, lines: &[u8]) -> io::Result<()>;

    /// Opens the file again, after it was renamed. Returns whether a new, empty file is open. After
    /// an error the earlier file stays open.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be opened, or is not empty.
    fn reopen(&mut self) -> io::Result<bool> {
        Ok(false)
    }

    /// Returns the last bytes, at most `longest`, and whether these are all bytes.
    ///
    /// # Errors
    ///
    /// Returns an error if they cannot be read.
    fn read_end(&mut self, longest: usize) -> io::Result<(Vec<u8>, bool)> {
        let _ = longest;
        Ok((Vec::new(), true))
    }

    /// Removes the last bytes: an incomplete line.
    ///
    /// # Errors
    ///
    /// Returns an error if they are not removed.
    fn remove_end(&mut self, bytes: u64) -> io::Result<()> {
        let _ = bytes;
        Ok(())
    }
}

/// A file that only one process writes.
#[derive(Debug)]
pub struct FileSink {
    path: PathBuf,
    file: File,
    /// The end of the last complete line.
    end: u64,
    /// Whether a part of a line may follow it.
    has_part: bool,
}

impl FileSink {
    /// Opens a file to append to it. A new one is readable only by the user of the process.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot be opened, or if another process has it open.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        #[cfg(unix)]
        rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).map_err(
            |error| match error {
                rustix::io::Errno::WOULDBLOCK => io::Error::new(
                    io::ErrorKind::ResourceBusy,
                    "another server writes it; give each one a file of its own",
                ),
                error => error.into(),
            },
        )?;
        let end = file.metadata()?.len();
        Ok(Self {
            path,
            file,
            end,
            has_part: false,
        })
    }

    fn remove_part(&mut self) -> io::Result<()> {
        if self.has_part {
            self.file.set_len(self.end)?;
            self.has_part = false;
        }
        Ok(())
    }
}

impl Sink for FileSink {
    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.remove_part()?;
        let mut written = 0;
        while written < lines.len() {
            let error = match self.file.write(&lines[written..]) {
                Ok(0) => io::ErrorKind::WriteZero.into(),
                Ok(more) => {
                    written += more;
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => error,
            };
            self.has_part = written > 0;
            // If this fails, the next line tries again before it is written.
            let _ = self.remove_part();
            return Err(error);
        }
        self.end += lines.len() as u64;
        Ok(())
    }

    fn reopen(&mut self) -> io::Result<bool> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let same = |a: &std::fs::Metadata, b: &std::fs::Metadata| {
                (a.dev(), a.ino()) == (b.dev(), b.ino())
            };
            if let Ok(there) = std::fs::metadata(&self.path)
                && same(&there, &self.file.metadata()?)
            {
                return Ok(false);
            }
        }
        let opened = Self::open(&self.path)?;
        if opened.end > 0 {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "the new file is not empty; the earlier one is still written",
            ));
        }
        // The earlier file ends with a complete line, if the part can be removed.
        let _ = self.remove_part();
        *self = opened;
        Ok(true)
    }

    fn read_end(&mut self, longest: usize) -> io::Result<(Vec<u8>, bool)> {
        let from = self.end.saturating_sub(longest as u64);
        self.file.seek(SeekFrom::Start(from))?;
        let mut end = Vec::new();
        // The bound is needed for a device, which has no length and can have no end.
        let mut reader = (&self.file).take(self.end - from);
        reader.read_to_end(&mut end)?;
        Ok((end, from == 0))
    }

    fn remove_end(&mut self, bytes: u64) -> io::Result<()> {
        self.end = self.end.saturating_sub(bytes);
        self.has_part = bytes > 0;
        self.remove_part()
    }
}

/// Standard output, for a platform that collects it. If a line is written only in part, the next
/// call writes the rest of it first.
#[derive(Debug)]
pub struct StdoutSink {
    output: File,
    rest: Vec<u8>,
}

impl StdoutSink {
    /// Duplicates standard output, without the buffer of the standard library: a buffered line
    /// would be lost with the process.
    ///
    /// # Errors
    ///
    /// Returns an error if standard output is closed.
    pub fn new() -> io::Result<Self> {
        #[cfg(unix)]
        let output = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned()?;
        #[cfg(windows)]
        let output =
            std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned()?;
        Ok(Self {
            output: output.into(),
            rest: Vec::new(),
        })
    }
}

impl Sink for StdoutSink {
    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        while !self.rest.is_empty() {
            match self.output.write(&self.rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => drop(self.rest.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let mut written = 0;
        while written < lines.len() {
            match self.output.write(&lines[written..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(more) if more > 0 => written += more,
                // The written part cannot be removed. The next call writes the rest, so the line
                // counts as written.
                _ if written > 0 => {
                    self.rest.extend_from_slice(&lines[written..]);
                    return Ok(());
                }
                Ok(_) => return Err(io::ErrorKind::WriteZero.into()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Memory, for tests and examples.
#[derive(Debug, Clone, Default)]
pub struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

impl SharedBuffer {
    /// Returns everything that was written.
    #[must_use]
    pub fn contents(&self) -> Vec<u8> {
        let contents = self.0.lock();
        contents.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Sink for SharedBuffer {
    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let contents = self.0.lock();
        let mut contents = contents.unwrap_or_else(PoisonError::into_inner);
        contents.extend_from_slice(lines);
        Ok(())
    }

    fn read_end(&mut self, longest: usize) -> io::Result<(Vec<u8>, bool)> {
        let contents = self.contents();
        let from = contents.len().saturating_sub(longest);
        Ok((contents[from..].to_vec(), from == 0))
    }

    fn remove_end(&mut self, bytes: u64) -> io::Result<()> {
        let contents = self.0.lock();
        let mut contents = contents.unwrap_or_else(PoisonError::into_inner);
        let end = contents
            .len()
            .saturating_sub(usize::try_from(bytes).unwrap_or(usize::MAX));
        contents.truncate(end);
        Ok(())
    }
}
