//! Environment variables: those of the process, and those of the `.env` file and of the
//! configuration file as defaults.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    ffi::OsString,
    fmt, fs, io,
    path::Path,
};

use super::{
    Config,
    config_file::{self, CONFIG},
    dotenv,
    redacted_value::quoted_without_secrets,
    variable::{SECRETS, TRACE_SECRETS, is_reserved},
};
use crate::{
    secret_file,
    start_error::{SetupErrors, StartError},
};

/// The variables of the process, with those of the `.env` file as defaults.
///
/// A value of the process takes precedence over the file, and an empty value counts as not
/// set. A configuration file (`TOOLGATE_CONFIG`, with the feature `config-file`) sets only the
/// variables that neither of them sets. The environment of the process is never changed. `Debug`
/// prints only names, because values can be secrets.
///
/// ```
/// let environment = toolgate::Environment::from_iter([("API_KEY", "k"), ("EMPTY", "")]);
/// assert_eq!(environment.get("API_KEY"), Some("k"));
/// assert_eq!(environment.get("EMPTY"), None);
/// ```
#[derive(Clone, Default)]
pub struct Environment {
    values: BTreeMap<String, String>,
    /// The variables of the `.env` file that the process does not override.
    of_file: BTreeSet<String>,
    /// The variables of the configuration file that apply, each with its place in the file.
    of_config: BTreeMap<String, String>,
    warnings: Vec<String>,
}

impl Environment {
    /// Reads `.env` in the working directory, if it exists, the process, and the file that
    /// `TOOLGATE_CONFIG` names.
    ///
    /// # Errors
    ///
    /// [`StartError`] if `.env` exists and cannot be read, with each broken line, if a variable
    /// that this library reads is not UTF-8, or with each error in the configuration file.
    pub fn load() -> Result<Self, StartError> {
        let mut errors = SetupErrors::default();
        let file = Self::from_file(Path::new(".env"), &mut errors);
        let mut environment = file.overridden_by(env::vars_os(), &mut errors);
        environment.add_config_file(&mut errors);
        errors.finish(environment)
    }

    /// Overrides these variables with those of the process.
    fn overridden_by(
        mut self,
        process: impl Iterator<Item = (OsString, OsString)>,
        errors: &mut SetupErrors,
    ) -> Self {
        for (name, value) in process {
            let Ok(name) = name.into_string() else {
                continue;
            };
            match value.into_string() {
                Ok(value) => {
                    self.of_file.remove(&name);
                    self.values.insert(name, value);
                }
                Err(_) if is_reserved(&name) => {
                    errors.add(format!("{name} is not UTF-8"), "set it to UTF-8 text");
                }
                Err(_) => {}
            }
        }
        self
    }

    /// Adds the settings of the configuration file that neither the process nor `.env` sets.
    fn add_config_file(&mut self, errors: &mut SetupErrors) {
        let Some(path) = self.get(CONFIG) else {
            return;
        };
        let mut file = config_file::read(path, errors);
        for (name, value) in file.values {
            if self.get(&name).is_none() {
                let place = file.places.remove(&name).unwrap_or_default();
                self.of_file.remove(&name);
                self.of_config.insert(name.clone(), place);
                self.values.insert(name, value);
            }
        }
    }

    fn from_file(path: &Path, errors: &mut SetupErrors) -> Self {
        let file = path.display();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            // A directory named `.env` is usually a Python environment.
            Err(_) if path.is_dir() => return Self::default(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::default(),
            Err(error) => {
                errors.add(
                    format!("{file} cannot be read: {error}"),
                    "make it a UTF-8 file that this user can read, or remove it",
                );
                return Self::default();
            }
        };
        match dotenv::parse(&text) {
            Ok(contents) => Self {
                of_file: contents.values.keys().cloned().collect(),
                of_config: BTreeMap::new(),
                values: contents.values,
                warnings: contents
                    .repeated
                    .iter()
                    .map(|name| format!("{file} sets {name} more than once; the last value wins"))
                    .collect(),
            },
            Err(broken) => {
                for dotenv::BrokenLine { line, what } in broken {
                    errors.add(
                        format!("{file}, line {line}, cannot be parsed: {what}"),
                        "write NAME=value, or NAME='value' if the value spans several lines",
                    );
                }
                Self::default()
            }
        }
    }

    /// Returns the value of a variable, or `None` if it is not set or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.values.get(name)?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// Returns a secret of the program: the value of `name`, or the content of the file that
    /// `<name>_FILE` names, without white space around it. Returns `None` if neither is set.
    ///
    /// ```
    /// let environment = toolgate::Environment::from_iter([("API_KEY", "k")]);
    /// assert_eq!(environment.secret("API_KEY").unwrap().as_deref(), Some("k"));
    /// ```
    ///
    /// # Errors
    ///
    /// [`StartError`] if both variables are set, if the file is empty or cannot be read, or if
    /// other users can read it.
    pub fn secret(&self, name: &str) -> Result<Option<String>, StartError> {
        let mut errors = SetupErrors::default();
        let secret = self.read_secret(name).unwrap_or_else(|[what, remedy]| {
            errors.add(what, remedy);
            None
        });
        errors.finish(secret)
    }

    /// Returns a secret, or what is wrong with it and the remedy.
    fn read_secret(&self, name: &str) -> Result<Option<String>, [String; 2]> {
        let source = format!("{name}_FILE");
        let Some(path) = self.get(&source) else {
            return Ok(self.get(name).map(str::to_owned));
        };
        let shown = quoted_without_secrets(path);
        let problem = match secret_file::read(path) {
            _ if self.get(name).is_some() => format!("and {name} are both set"),
            Ok(secret) => return Ok(Some(secret)),
            Err(problem) => format!("is {shown}, which {problem}"),
        };
        Err([
            format!("{source} {problem}"),
            format!(
                "name a file that contains the secret alone and that only its owner can read (chmod 600; in Kubernetes `fsGroup` and `defaultMode: 0440`), or set {name} instead"
            ),
        ])
    }

    /// Returns where the value of a variable comes from, for a person.
    pub(super) fn origin(&self, name: &str) -> &'static str {
        match self.of_file.contains(name) {
            true => ".env",
            false if self.of_config.contains_key(name) => "the configuration file",
            false => "the process",
        }
    }

    /// Returns the position of a variable in the configuration file, if that file sets its value.
    pub(super) fn place_in_file(&self, name: &str) -> Option<&str> {
        self.of_config.get(name).map(String::as_str)
    }

    /// Returns these variables ready to be read: with the secrets of files, and without
    /// values in quotation marks, which are errors.
    pub(super) fn prepared(&self, config: &mut Config) -> Self {
        let mut ready = self.clone();
        for name in self.names().filter(|name| is_reserved(name)) {
            let value = self.get(name).unwrap_or_default();
            if let Some(quote @ ('"' | '\'')) = value.chars().next() {
                config.add_error(
                    format!("{name} begins with the character {quote}"),
                    "remove the quotation marks: a shell and .env remove them, but `docker run --env-file` and manifests pass them on",
                );
                ready.values.remove(name);
            }
        }
        for name in SECRETS.into_iter().chain(TRACE_SECRETS) {
            match ready.read_secret(name) {
                Ok(Some(secret)) => {
                    ready.values.insert(name.to_owned(), secret);
                }
                Ok(None) => {}
                Err([what, remedy]) => config.add_error(what, remedy),
            }
        }
        ready
    }

    /// Returns the names of all variables that have a value.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values
            .keys()
            .map(String::as_str)
            .filter(|name| self.get(name).is_some())
    }

    /// Returns warnings about the `.env` file.
    pub(super) fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let pair = |(name, value): (N, V)| (name.into(), value.into());
        Self {
            of_file: BTreeSet::new(),
            of_config: BTreeMap::new(),
            values: variables.into_iter().map(pair).collect(),
            warnings: Vec::new(),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

#[cfg(test)]
mod tests;
