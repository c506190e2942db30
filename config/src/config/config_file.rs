//! The configuration file: a TOML file that `TOOLGATE_CONFIG` names.
//!
//! A key is the name of a variable without its prefix, in lower case: `bind` is `TOOLGATE_BIND`. A
//! table holds keys with the same beginning: `client_id` in `[introspection]` is
//! `TOOLGATE_INTROSPECTION_CLIENT_ID`. The file must contain no secrets, and only keys that this
//! library reads.

#[cfg(feature = "config-file")]
mod toml_settings;

use std::{collections::BTreeMap, fs::File};

use super::redacted_value::quoted_without_secrets;
use crate::{
    secret_file::{read_text, unreadable},
    start_error::SetupErrors,
};

/// The variable that names the file.
pub(super) const CONFIG: &str = "TOOLGATE_CONFIG";

/// The largest file that is read, in bytes.
const MAX_SIZE: u64 = 1024 * 1024;

/// The settings of a file, by the names of their variables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FileSettings {
    pub(super) values: BTreeMap<String, String>,
    /// Where each value is, for the message of an error in it.
    pub(super) places: BTreeMap<String, String>,
}

/// Reads the file at this path. Every error in the file is added to `errors`.
pub(super) fn read(path: &str, errors: &mut SetupErrors) -> FileSettings {
    let shown = quoted_without_secrets(path);
    let file = File::open(path).map_err(unreadable);
    match file.and_then(|file| read_text(file, MAX_SIZE)) {
        Ok(text) => parse(&shown, &text, errors),
        Err(problem) => {
            errors.add(
                format!("{CONFIG} is {shown}, which {problem}"),
                "name a TOML file that this user can read, or remove the variable",
            );
            FileSettings::default()
        }
    }
}

#[cfg(feature = "config-file")]
fn parse(file: &str, text: &str, errors: &mut SetupErrors) -> FileSettings {
    toml_settings::parse(file, text, errors)
}

/// Reports the file as an error: a server that ignored it would run without settings that protect
/// it.
#[cfg(not(feature = "config-file"))]
fn parse(file: &str, _text: &str, errors: &mut SetupErrors) -> FileSettings {
    errors.add(
        format!("{CONFIG} is {file}, but this program cannot read a configuration file"),
        "build it with the feature `config-file` of toolgate, or set variables instead",
    );
    FileSettings::default()
}
