//! The settings of a text in TOML.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{CONFIG, FileSettings};
use crate::{
    config::{
        from_env::OURS,
        redacted_value::quoted_without_secrets,
        unknown_variables::nearest,
        variable::{OUR_PREFIX, SECRETS},
    },
    start_error::SetupErrors,
};

/// Parses the text of a file. `file` is its path, for messages.
pub(super) fn parse(file: &str, text: &str, errors: &mut SetupErrors) -> FileSettings {
    let mut reader = Reader {
        file,
        text,
        errors,
        settings: FileSettings::default(),
    };
    match DeTable::parse(text) {
        Ok(table) => reader.read_table("", table.get_ref()),
        Err(error) => {
            let line = error.span().map_or(1, |span| line(text, span.start));
            // The message contains no text of the file: the line can be a secret in a wrong place.
            let message = error.message();
            reader.errors.add(
                format!("{file}, line {line}, cannot be parsed: {message}"),
                "write TOML, such as bind = \"0.0.0.0:8000\"",
            );
        }
    }
    reader.settings
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    errors: &'a mut SetupErrors,
    settings: FileSettings,
}

impl Reader<'_> {
    /// Reads the keys of a table. `before` is the path of the table, with a dot at its end.
    fn read_table(&mut self, before: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let path = format!("{before}{}", key.get_ref());
            let place = self.place(&path, key);
            match value.get_ref() {
                DeValue::Table(inner) => self.read_table(&format!("{path}."), inner),
                value => self.read_value(&path, &place, value),
            }
        }
    }

    fn read_value(&mut self, path: &str, place: &str, value: &DeValue<'_>) {
        let Some(name) = self.known_name(path, place) else {
            return;
        };
        let value = match text_of(value) {
            Ok(value) => value,
            Err(problem) => {
                return self.errors.add(
                    format!("{place}, {problem}"),
                    "write a text, a number, true or false, or a list of texts",
                );
            }
        };
        if self.settings.values.insert(name.clone(), value).is_some() {
            self.errors.add(
                format!("{place}, sets {name} a second time"),
                "remove one of the two",
            );
        }
        self.settings.places.insert(name, place.to_owned());
    }

    /// Returns the variable of a key, or adds an error.
    fn known_name(&mut self, path: &str, place: &str) -> Option<String> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_key = path
            .bytes()
            .all(|byte| is_plain(byte) || byte == b'_' || byte == b'.');
        let name = format!(
            "{OUR_PREFIX}{}",
            path.replace('.', "_").to_ascii_uppercase()
        );
        let secret = name.strip_suffix("_FILE").unwrap_or(&name);
        let is_secret = SECRETS.contains(&secret);
        if is_key && is_secret && secret == name {
            self.errors.add(
                format!("{place} is a secret, and a configuration file must not contain secrets"),
                format!(
                    "write the secret into a file of its own, and name that file by `{path}_file`"
                ),
            );
            return None;
        }
        let is_known = is_secret || OURS.contains(&name.as_str());
        if is_key && is_known && name != CONFIG {
            return Some(name);
        }
        let known: Vec<_> = OURS
            .iter()
            .copied()
            .filter(|known| *known != CONFIG)
            .collect();
        let remedy = match nearest(OUR_PREFIX, &name, &known) {
            // A synonym can stand for two variables. Only the last one can be in the file.
            Some(meant) => {
                let meant = meant.rsplit(' ').next().unwrap_or(meant);
                let key = meant.strip_prefix(OUR_PREFIX).unwrap_or(meant);
                format!("did you mean `{}`?", key.to_ascii_lowercase())
            }
            None => "remove it; a key is the name of a variable of Toolgate without TOOLGATE_, in lower case".to_owned(),
        };
        self.errors.add(format!("{place} is unknown"), remedy);
        None
    }

    /// Returns the position of a key, for a message.
    fn place(&self, path: &str, key: &Spanned<impl AsRef<str>>) -> String {
        let line = line(self.text, key.span().start);
        let path = quoted_without_secrets(path);
        format!("{}, line {line}: the key {path}", self.file)
    }
}

/// Returns a value as the text of a variable.
///
/// # Errors
///
/// Returns why a variable cannot have this value.
fn text_of(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) if text.trim().is_empty() => {
            Err("is empty, and an empty value sets nothing".to_owned())
        }
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => Ok(number.to_string()),
        DeValue::Boolean(is_on) => Ok(if *is_on { "on" } else { "off" }.to_owned()),
        DeValue::Array(list) if list.is_empty() => {
            Err("is an empty list, which sets nothing".to_owned())
        }
        DeValue::Array(list) => {
            let items = list.iter().map(|item| match item.get_ref() {
                DeValue::Array(_) => Err("is a list in a list".to_owned()),
                item => text_of(item),
            });
            let items = items.collect::<Result<Vec<_>, _>>()?;
            // A comma separates the items of a variable.
            match items.iter().any(|item| item.contains(',')) {
                true => Err("has an item with a comma".to_owned()),
                false => Ok(items.join(",")),
            }
        }
        other => Err(format!("is a {}", other.type_str())),
    }
}

/// Returns the number of the line at an offset. The first line is 1.
fn line(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or(text);
    before.matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::start_error::StartError;

    fn settings(text: &str) -> Result<Vec<(String, String)>, StartError> {
        let mut errors = SetupErrors::default();
        let settings = parse("\"toolgate.toml\"", text, &mut errors);
        errors.finish(settings.values.into_iter().collect())
    }

    fn errors(text: &str) -> Vec<String> {
        let error = settings(text).unwrap_err();
        error.errors().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_key_is_the_variable_without_its_prefix_and_a_table_is_its_beginning() {
        let text = r#"
            bind = "0.0.0.0:8000"
            authorization_servers = ["https://a.example", "https://b.example"]
            sessions = false
            drain_seconds = 10
            state_key_file = "/run/secrets/state-key"
            [introspection]
            client_id = "toolgate"
        "#;
        let expected = [
            (
                "TOOLGATE_AUTHORIZATION_SERVERS",
                "https://a.example,https://b.example",
            ),
            ("TOOLGATE_BIND", "0.0.0.0:8000"),
            ("TOOLGATE_DRAIN_SECONDS", "10"),
            ("TOOLGATE_INTROSPECTION_CLIENT_ID", "toolgate"),
            ("TOOLGATE_SESSIONS", "off"),
            ("TOOLGATE_STATE_KEY_FILE", "/run/secrets/state-key"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(settings(text).unwrap(), expected);
    }

    #[test]
    fn every_unknown_key_is_an_error_with_its_line() {
        let text = "bind_address = \"a\"\nissuers = [\"https://a\"]\nBIND = \"b\"\nquux = 1\n\
                    config = \"other.toml\"\n[dangerous]\nopen = true\n";
        assert_eq!(
            errors(text),
            [
                "\"toolgate.toml\", line 3: the key \"BIND\" is unknown; did you mean `bind`?",
                "\"toolgate.toml\", line 1: the key \"bind_address\" is unknown; did you mean `bind`?",
                "\"toolgate.toml\", line 5: the key \"config\" is unknown; remove it; a key is the name of a variable of Toolgate without TOOLGATE_, in lower case",
                "\"toolgate.toml\", line 7: the key \"dangerous.open\" is unknown; remove it; a key is the name of a variable of Toolgate without TOOLGATE_, in lower case",
                "\"toolgate.toml\", line 2: the key \"issuers\" is unknown; did you mean `authorization_servers`?",
                "\"toolgate.toml\", line 4: the key \"quux\" is unknown; remove it; a key is the name of a variable of Toolgate without TOOLGATE_, in lower case",
            ]
        );
    }

    #[test]
    fn a_secret_in_the_file_is_an_error_that_does_not_print_it() {
        let told = errors("state_key = \"geheim\"\n[introspection]\nclient_secret = \"geheim\"\n");
        assert_eq!(told.len(), 2, "{told:?}");
        for (told, key) in told
            .iter()
            .zip(["introspection.client_secret", "state_key"])
        {
            assert!(told.contains("is a secret"), "{told}");
            assert!(told.contains(&format!("by `{key}_file`")), "{told}");
            assert!(!told.contains("geheim"), "{told}");
        }
    }

    #[test]
    fn a_value_that_no_variable_can_have_is_an_error() {
        for (value, problem) in [
            ("\"\"", "is empty"),
            ("[]", "is an empty list"),
            ("[\"a,b\"]", "has an item with a comma"),
            ("[[\"a\"]]", "is a list in a list"),
            ("1.5", "is a float"),
            ("2026-07-28", "is a datetime"),
        ] {
            let told = errors(&format!("bind = {value}\n"));
            assert!(told[0].contains(problem), "{told:?}");
        }
        let told = errors("introspection_client_id = \"a\"\nintrospection.client_id = \"b\"\n");
        assert!(told[0].contains("a second time"), "{told:?}");
    }

    #[test]
    fn text_that_is_not_toml_is_an_error_with_its_line_and_without_its_text() {
        for text in [
            "bind = \"a\"\nstate_key = geheim\n",
            "\n[geheim\n",
            "bind = \"a\"\nbind = \"geheim\"\n",
        ] {
            let told = errors(text);
            assert!(told[0].contains("line 2, cannot be parsed"), "{told:?}");
            assert!(!told[0].contains("geheim"), "{told:?}");
        }
    }
}
