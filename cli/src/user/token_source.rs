//! Where a token comes from: never from the command line, which everyone on the machine can read.

use std::{
    env, fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::Args;

/// The variable with a token.
pub(crate) const VARIABLE: &str = "TOOLGATE_TOKEN";

/// The longest token that is read, in bytes.
const LONGEST: u64 = 64 << 10;

/// The options that name a token. Without them, `TOOLGATE_TOKEN` has one. If it is not set either,
/// the user signs in when the server requires a token.
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    /// `-` reads an access token from standard input. TOOLGATE_TOKEN has one, too.
    #[arg(long, value_name = "-", conflicts_with = "token_file")]
    token: Option<String>,

    /// Read an access token from a file.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl TokenArgs {
    /// Reads the token, if one is named.
    ///
    /// # Errors
    ///
    /// Returns why there is none. Never contains the token.
    pub(crate) fn read(&self) -> Result<Option<String>, String> {
        let text = match (self.token.as_deref(), &self.token_file) {
            (Some("-"), _) => bounded(io::stdin().lock(), "standard input", LONGEST)?,
            (Some(_), _) => {
                return Err(format!(
                    "--token takes `-` only, because other users can read the command line; use --token -, --token-file or {VARIABLE}"
                ));
            }
            (None, Some(path)) => read_file(path, LONGEST)?,
            (None, None) => match env::var(VARIABLE) {
                Ok(text) if !text.trim().is_empty() => text,
                Ok(_) | Err(env::VarError::NotPresent) => return Ok(None),
                Err(env::VarError::NotUnicode(_)) => {
                    return Err(format!("{VARIABLE} is not text"));
                }
            },
        };
        match text.trim() {
            token if is_token(token) => Ok(Some(token.to_owned())),
            "" => Err("there is no token in the input".to_owned()),
            _ => Err(
                "the input is no token: it has characters that tokens cannot have (RFC 6750 §2.1)"
                    .to_owned(),
            ),
        }
    }
}

/// Whether a text can be sent as a token.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Reads a small file as a whole.
///
/// # Errors
///
/// Returns why it cannot be read. A file that is too long is an error, and is not cut.
pub(crate) fn read_file(path: &Path, longest: u64) -> Result<String, String> {
    let name = format!("the file `{}`", path.display());
    let file = fs::File::open(path).map_err(|error| format!("{name}: {error}"))?;
    bounded(file, &name, longest)
}

fn bounded(source: impl Read, name: &str, longest: u64) -> Result<String, String> {
    let mut text = String::new();
    let read = source.take(longest + 1).read_to_string(&mut text);
    match read {
        Ok(count) if count as u64 > longest => {
            Err(format!("{name} has more than {} KiB", longest >> 10))
        }
        Ok(_) => Ok(text),
        Err(error) => Err(format!("{name}: {error}")),
    }
}
