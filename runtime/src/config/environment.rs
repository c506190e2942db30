//! Environment variables: those of the process, and those of the `.env` file as defaults.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    ffi::OsString,
    fmt, fs, io,
    path::Path,
};

use super::{
    Config, dotenv,
    resource_url::quoted_without_secrets,
    variable::{SECRETS, is_reserved},
};
use crate::error::{SetupErrors, StartError};

/// The variables of the process, with those of the `.env` file as defaults.
///
/// A value of the process takes precedence over the file, and an empty value counts as not
/// set. The environment of the process is never changed. `Debug` prints only names, because
/// values can be secrets.
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
    warnings: Vec<String>,
}

impl Environment {
    /// Reads `.env` in the working directory, if it exists, and the process.
    ///
    /// # Errors
    ///
    /// [`StartError`] if the file exists and cannot be read, with each broken line, or if a
    /// variable that this library reads is not UTF-8.
    pub fn load() -> Result<Self, StartError> {
        let mut errors = SetupErrors::default();
        let file = Self::from_file(Path::new(".env"), &mut errors);
        let environment = file.overridden_by(env::vars_os(), &mut errors);
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
    /// [`StartError`] if both variables are set, or if the file is empty or cannot be read.
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
        let problem = match fs::read_to_string(path) {
            _ if self.get(name).is_some() => format!("and {name} are both set"),
            Ok(text) if text.trim().is_empty() => format!("is {shown}, which is empty"),
            Ok(text) => return Ok(Some(text.trim().to_owned())),
            Err(error) => format!("is {shown}, which cannot be read: {error}"),
        };
        Err([
            format!("{source} {problem}"),
            format!("name a readable file that contains the secret alone, or set {name} instead"),
        ])
    }

    /// Returns where the value of a variable comes from, for a person.
    pub(super) fn origin(&self, name: &str) -> &'static str {
        match self.of_file.contains(name) {
            true => ".env",
            false => "the process",
        }
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
        for name in SECRETS {
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
mod tests {
    use std::process;

    use super::*;

    fn file(text: &str) -> Result<Environment, StartError> {
        let folder = env::temp_dir().join(format!("toolgate-env-{}-{:p}", process::id(), text));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(".env"), text).unwrap();
        let mut errors = SetupErrors::default();
        let environment = Environment::from_file(&folder.join(".env"), &mut errors);
        fs::remove_dir_all(&folder).unwrap();
        errors.finish(environment)
    }

    #[test]
    fn a_broken_line_is_reported_with_file_and_line_and_without_its_text() {
        let told = file("A=1\nSECRET geheim\n").unwrap_err().to_string();
        assert!(told.contains(".env, line 2"), "{told}");
        assert!(told.contains("NAME=value"), "{told}");
        assert!(!told.contains("geheim"), "{told}");
    }

    #[test]
    fn a_name_that_stands_twice_is_noted() {
        let environment = file("A=1\nA=2\n").unwrap();
        assert_eq!(environment.get("A"), Some("2"));
        assert!(environment.warnings()[0].contains("sets A more than once"));
    }

    #[test]
    fn no_file_and_a_folder_of_its_name_are_no_errors() {
        let mut errors = SetupErrors::default();
        for path in [Path::new("/nowhere/.env"), Path::new("/")] {
            assert_eq!(Environment::from_file(path, &mut errors).names().count(), 0);
        }
        assert!(errors.finish(()).is_ok());
    }

    #[test]
    fn a_file_that_is_no_text_is_an_error() {
        let path = env::temp_dir().join(format!("toolgate-env-latin1-{}", process::id()));
        fs::write(&path, b"A=\xfc").unwrap();
        let mut errors = SetupErrors::default();
        Environment::from_file(&path, &mut errors);
        fs::remove_file(&path).unwrap();
        assert!(errors.finish(()).is_err());
    }

    #[test]
    fn the_process_wins_over_the_file() {
        let process =
            [("A", "process"), ("B", "")].map(|(name, value)| (name.into(), value.into()));
        let mut errors = SetupErrors::default();
        let environment = file("A=file\nB=file\nC=file\n")
            .unwrap()
            .overridden_by(process.into_iter(), &mut errors);
        assert_eq!(environment.get("A"), Some("process"));
        assert_eq!(environment.get("B"), None);
        assert_eq!(environment.get("C"), Some("file"));
        assert!(errors.finish(()).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_no_text_is_an_error_where_it_is_read() {
        use std::os::unix::ffi::OsStringExt;

        let odd = |name: &str| (name.into(), OsString::from_vec(vec![0xff]));
        let mut errors = SetupErrors::default();
        let process = [odd("LS_COLORS"), odd("TOOLGATE_BIND")];
        Environment::default().overridden_by(process.into_iter(), &mut errors);
        let told = errors.finish(()).unwrap_err();
        assert_eq!(told.errors().len(), 1, "{told}");
        assert_eq!(told.errors()[0].what(), "TOOLGATE_BIND is not UTF-8");
    }

    #[test]
    fn the_process_is_read() {
        let environment = Environment::load().unwrap();
        assert_eq!(environment.get("PATH"), env::var("PATH").ok().as_deref());
    }

    #[test]
    fn a_secret_of_the_program_can_be_in_a_file() {
        let path = env::temp_dir().join(format!("toolgate-secret-{}", process::id()));
        fs::write(&path, "geheim\n").unwrap();
        let path = path.to_str().unwrap();
        let in_file = Environment::from_iter([("KEY_FILE", path)]);
        let both = Environment::from_iter([("KEY_FILE", path), ("KEY", "k")]);
        let (secret, clash) = (in_file.secret("KEY"), both.secret("KEY"));
        fs::remove_file(path).unwrap();
        assert_eq!(secret.unwrap().as_deref(), Some("geheim"));
        let told = clash.unwrap_err().to_string();
        assert!(
            told.contains("KEY_FILE and KEY are both set; name"),
            "{told}"
        );
        let told = in_file.secret("KEY").unwrap_err().to_string();
        assert!(told.contains("cannot be read"), "{told}");
        assert_eq!(Environment::default().secret("KEY"), Ok(None));
    }

    #[test]
    fn debug_prints_no_value() {
        let environment = Environment::from_iter([("KEY", "geheim")]);
        assert_eq!(format!("{environment:?}"), "{\"KEY\"}");
    }
}
