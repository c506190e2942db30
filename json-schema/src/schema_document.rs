//! The document of a schema: places in it, and the values of keywords.

use serde_json::{Number, Value};

use super::{SchemaError, number::Exact};

/// A place in the document, as a JSON Pointer.
pub(super) type Place = String;

/// Returns the place of a member, with its name escaped (RFC 6901 §3).
pub(super) fn below(place: &str, name: &str) -> Place {
    format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The errors found so far.
#[derive(Default)]
pub(super) struct SchemaErrors(Vec<SchemaError>);

impl SchemaErrors {
    /// Adds an error at a place.
    pub(super) fn add(&mut self, place: &str, what: impl AsRef<str>, remedy: &'static str) {
        let what = what.as_ref();
        let what = match place {
            "" => what.to_owned(),
            place => format!("{what}, at `{place}`"),
        };
        self.0.push(SchemaError { what, remedy });
    }

    /// Returns the errors, or `value` if there are none.
    pub(super) fn into_result<T>(self, value: T) -> Result<T, Vec<SchemaError>> {
        match self.0.as_slice() {
            [] => Ok(value),
            _ => Err(self.0),
        }
    }
}

/// A keyword of a schema, with its value.
pub(super) struct Entry<'d, 'f> {
    pub(super) keyword: &'d str,
    pub(super) value: &'d Value,
    /// The place of the schema that contains the keyword.
    pub(super) place: &'d str,
    pub(super) errors: &'f mut SchemaErrors,
}

impl<'d> Entry<'d, '_> {
    /// Returns the value, or adds an error that says what is expected.
    fn expect<T>(&mut self, read: Option<T>, what: &str) -> Option<T> {
        if read.is_none() {
            let text = format!("the keyword `{}` must be {what}", self.keyword);
            self.error(text, "fix the value of the keyword (JSON Schema 2020-12)");
        }
        read
    }

    pub(super) fn error(&mut self, what: impl AsRef<str>, remedy: &'static str) {
        self.errors.add(self.place, what, remedy);
    }

    pub(super) fn read<T>(
        &mut self,
        read: impl FnOnce(&'d Value) -> Option<T>,
        what: &str,
    ) -> Option<T> {
        let read = read(self.value);
        self.expect(read, what)
    }

    pub(super) fn text(&mut self) -> Option<&'d str> {
        self.read(Value::as_str, "a string")
    }

    pub(super) fn list(&mut self) -> Option<&'d Vec<Value>> {
        self.read(Value::as_array, "a list")
    }

    pub(super) fn number(&mut self) -> Option<Number> {
        self.read(
            |value| {
                value
                    .as_number()
                    .filter(|number| Exact::from_number(number).is_some())
                    .cloned()
            },
            "a number",
        )
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        self.read(Value::as_bool, "`true` or `false`")
    }

    /// Reads a whole number that is not negative; 2.0 is valid.
    pub(super) fn count(&mut self) -> Option<u64> {
        let count = |value: &Value| match Exact::from_number(value.as_number()?)? {
            Exact::Whole(whole) => u64::try_from(whole).ok(),
            Exact::Float(_) => None,
        };
        self.read(count, "a whole number that is not negative")
    }

    pub(super) fn names(&mut self) -> Option<Vec<String>> {
        self.read(names, "a list of names")
    }

    /// `dependentRequired`.
    pub(super) fn names_by_name(&mut self) -> Option<Vec<(String, Vec<String>)>> {
        let read = |value: &Value| {
            let members = value.as_object()?.iter();
            members
                .map(|(name, value)| Some((name.clone(), names(value)?)))
                .collect()
        };
        self.read(read, "an object of lists of names")
    }
}

fn names(value: &Value) -> Option<Vec<String>> {
    let names = value.as_array()?.iter();
    names.map(|name| name.as_str().map(str::to_owned)).collect()
}
