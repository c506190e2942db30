//! Parses `WWW-Authenticate` as strictly as the sender rules of RFC 9110 §11.
//!
//! A lenient parser would accept headers that other clients cannot read. Everything that a
//! sender must not generate (white space around `=`, empty list elements, a repeated parameter)
//! is an error here, even where RFC 9110 asks recipients to accept it.

pub(crate) mod client_compatibility;

use std::iter;

/// The most parameters that are parsed in one challenge.
const MOST_PARAMETERS: usize = 64;

/// One challenge of the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) scheme: String,
    /// In header order; names in lower case, values without quotes.
    pub(crate) parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Parses one field value.
    ///
    /// # Errors
    ///
    /// Returns a sentence that says what violates the grammar, and where.
    pub(crate) fn read_all(value: &[u8]) -> Result<Vec<Self>, String> {
        Reader {
            bytes: value,
            at: 0,
        }
        .challenges()
    }

    /// Returns a parameter by its lower-case name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| &**value)
    }

    pub(crate) fn is_bearer(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("bearer")
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    /// Parses `#challenge`, where `challenge = auth-scheme [ 1*SP ( token68 / #auth-param ) ]`.
    fn challenges(mut self) -> Result<Vec<Challenge>, String> {
        let mut all = Vec::new();
        loop {
            let scheme = self.token().ok_or_else(|| self.error("a scheme"))?;
            let mut challenge = Challenge {
                scheme,
                parameters: Vec::new(),
            };
            let mut is_last = self.is_at_end();
            if !is_last && self.peek() == Some(b' ') {
                self.spaces();
                if !self.skip_token68() {
                    is_last = self.parameters(&mut challenge)?;
                } else {
                    is_last = self.is_at_end();
                    if !is_last {
                        self.comma()?;
                    }
                }
            } else if !is_last {
                self.comma()?;
            }
            all.push(challenge);
            if is_last {
                return Ok(all);
            }
        }
    }

    /// Parses `#auth-param`, up to the next scheme or the end. Returns whether it reached the
    /// end.
    fn parameters(&mut self, challenge: &mut Challenge) -> Result<bool, String> {
        loop {
            let (name, value) = self.parameter()?;
            // Real challenges have about six. Each name is compared with all names before it.
            if challenge.parameters.len() == MOST_PARAMETERS {
                return Err(format!(
                    "a challenge has more than {MOST_PARAMETERS} parameters"
                ));
            }
            if challenge.get(&name).is_some() {
                return Err(format!("the parameter `{name}` is repeated"));
            }
            challenge.parameters.push((name, value));
            if self.is_at_end() {
                return Ok(true);
            }
            self.comma()?;
            if !self.is_at_parameter() {
                return Ok(false);
            }
        }
    }

    /// Parses `auth-param = token "=" ( token / quoted-string )`.
    fn parameter(&mut self) -> Result<(String, String), String> {
        let name = self.token().ok_or_else(|| self.error("a parameter"))?;
        if self.peek() != Some(b'=') {
            return Err(self.error(&format!("`=` after `{name}`")));
        }
        self.at += 1;
        let value = match self.peek() {
            Some(b'"') => self.quoted(&name)?,
            _ => self
                .token()
                .ok_or_else(|| self.error(&format!("a token or a quoted string for `{name}`")))?,
        };
        if !matches!(self.peek(), None | Some(b',' | b' ' | b'\t')) {
            return Err(self.error(&format!(
                "a comma after `{name}` (values that are not tokens must be quoted)"
            )));
        }
        Ok((name.to_ascii_lowercase(), value))
    }

    fn quoted(&mut self, name: &str) -> Result<String, String> {
        self.at += 1;
        let mut value = Vec::new();
        loop {
            let byte = self.next();
            match byte {
                Some(b'"') => return Ok(String::from_utf8_lossy(&value).into_owned()),
                Some(b'\\') => match self.next() {
                    Some(byte) if is_text(byte) => value.push(byte),
                    _ => return Err(format!("`{name}` has an invalid escape")),
                },
                Some(byte) if is_text(byte) => value.push(byte),
                Some(_) => return Err(format!("`{name}` has a control character")),
                None => return Err(format!("the quotes of `{name}` are not closed")),
            }
        }
    }

    /// Skips a `token68`, unless a parameter starts here. Returns whether it skipped one.
    fn skip_token68(&mut self) -> bool {
        let rest = &self.bytes[self.at..];
        let body = rest.iter().take_while(|&&byte| is_token68(byte)).count();
        let padding = rest[body..]
            .iter()
            .take_while(|&&byte| byte == b'=')
            .count();
        let after = rest.get(body + padding);
        let is_whole = body > 0 && matches!(after, None | Some(b',' | b' '));
        if is_whole {
            self.at += body + padding;
        }
        is_whole
    }

    /// Whether `token "="` starts here: another parameter, not the next scheme.
    fn is_at_parameter(&self) -> bool {
        let rest = &self.bytes[self.at..];
        let name = rest.iter().take_while(|&&byte| is_tchar(byte)).count();
        name > 0 && rest.get(name) == Some(&b'=')
    }

    fn comma(&mut self) -> Result<(), String> {
        self.blanks();
        if self.peek() != Some(b',') {
            return Err(self.error("a comma"));
        }
        self.at += 1;
        self.blanks();
        if matches!(self.peek(), None | Some(b',')) {
            return Err(self.error("a parameter or a challenge after the comma"));
        }
        Ok(())
    }

    fn token(&mut self) -> Option<String> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().take_while(|&&byte| is_tchar(byte)).count();
        self.at += length;
        let token = &rest[..length];
        (length > 0).then(|| token.iter().copied().map(char::from).collect())
    }

    fn spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    fn is_at_end(&self) -> bool {
        let rest = &self.bytes[self.at..];
        rest.iter().all(|byte| matches!(byte, b' ' | b'\t'))
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn error(&self, expected: &str) -> String {
        let found = match self.peek() {
            Some(byte) => format!("`{}`", byte.escape_ascii()),
            None => "the end".to_owned(),
        };
        format!(
            "at character {}: expected {expected}, found {found}",
            self.at + 1
        )
    }
}

/// A `tchar` (RFC 9110 §5.6.2).
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A character of `token68` (RFC 9110 §11.2).
fn is_token68(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte)
}

/// A character allowed in a quoted string, escapes aside (RFC 9110 §5.6.4).
fn is_text(byte: u8) -> bool {
    byte == b'\t' || byte == b' ' || (0x21..0x7f).contains(&byte) || byte >= 0x80
}

/// Splits a scope into its tokens, at U+0020 only (RFC 6749 §3.3).
///
/// # Errors
///
/// Returns a sentence that names the invalid scope-token.
pub(crate) fn scope_tokens(scope: &str) -> Result<Vec<&str>, String> {
    let tokens: Vec<_> = scope.split(' ').collect();
    match tokens.iter().find(|token| !is_scope_token(token)) {
        Some(&"") => Err(match scope.is_empty() {
            true => "the scope is empty".to_owned(),
            false => format!("`{scope}` has an extra space"),
        }),
        Some(token) => Err(format!("`{token}` is not a scope-token")),
        None => Ok(tokens),
    }
}

/// Whether the text is a `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )` (RFC 6749 §3.3).
/// The runtime has the same check; this crate shares no code with it.
pub(crate) fn is_scope_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// Parses the challenges of all field values.
///
/// # Errors
///
/// As [`Challenge::read_all`].
pub(crate) fn read(values: &[Vec<u8>]) -> Result<Vec<Challenge>, String> {
    let mut all = Vec::new();
    for value in values {
        all.extend(Challenge::read_all(value)?);
    }
    match all.is_empty() {
        true => Err("there is no `WWW-Authenticate`".to_owned()),
        false => Ok(all),
    }
}

/// Returns what a client without a parser reads as this parameter: the text after the first
/// `name=` anywhere in the header, up to the next quote, or, without quotes, up to a space or
/// comma.
fn first_match(raw: &str, name: &str) -> Option<String> {
    let rest = &raw[raw.find(&format!("{name}="))? + name.len() + 1..];
    let end: &[char] = if rest.starts_with('"') {
        &['"']
    } else {
        &[' ', ',', '"']
    };
    let inner = rest.strip_prefix('"').unwrap_or(rest);
    Some(inner.split(end).next().unwrap_or_default().to_owned())
}

/// Joins the field values with commas, as text. Non-ASCII bytes are replaced.
pub(crate) fn raw(values: &[Vec<u8>]) -> String {
    let mut text = String::new();
    for (value, comma) in values.iter().zip(iter::once("").chain(iter::repeat(", "))) {
        text.push_str(comma);
        text.push_str(&String::from_utf8_lossy(value));
    }
    text
}

#[cfg(test)]
mod tests;
