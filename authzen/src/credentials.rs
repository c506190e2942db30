//! [`Credentials`]: the token with which this server authenticates at the engine.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use http::HeaderValue;
use tokio::time::Instant;
use toolgate_oauth::secret_file;

/// How long a token is used before its file is read again: orchestrators replace files.
const READ_AGAIN: Duration = Duration::from_secs(30);

/// A bearer token in a file that only its owner can read.
pub(crate) struct Credentials {
    path: String,
    current: Mutex<Option<(HeaderValue, Instant)>>,
}

impl Credentials {
    pub(crate) fn in_file(path: String) -> Self {
        Self {
            path,
            current: Mutex::default(),
        }
    }

    /// Returns the header of a request.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the file.
    pub(crate) fn header(&self) -> Result<HeaderValue, String> {
        // Each change is one assignment, so a panic leaves no inconsistent state.
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((header, since)) = &*current
            && since.elapsed() < READ_AGAIN
        {
            return Ok(header.clone());
        }
        let header = self.read()?;
        *current = Some((header.clone(), Instant::now()));
        Ok(header)
    }

    fn read(&self) -> Result<HeaderValue, String> {
        let named = |problem: String| format!("the credentials file {:?} {problem}", self.path);
        let token = secret_file::read(&self.path).map_err(named)?;
        let header = HeaderValue::try_from(format!("Bearer {token}"));
        let mut header = header.map_err(|_| named("does not fit in a header".to_owned()))?;
        header.set_sensitive(true);
        Ok(header)
    }
}
