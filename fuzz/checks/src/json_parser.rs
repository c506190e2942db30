//! A JSON parser by RFC 8259 alone that keeps every member in order.
//!
//! The server parses with `serde_json`, so the second parser must not. Repeated names stay
//! repeated, and a number keeps its text.

/// A value as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Array(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// The maximum nesting depth, the same as in the server's parser.
const DEPTH: usize = 127;

impl Node {
    /// Parses UTF-8 text that is one value, with only white space around it.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader { rest: bytes };
        let node = reader.value(DEPTH)?;
        reader.space();
        reader.rest.is_empty().then_some(node)
    }

    /// Returns the member with this name, if it occurs exactly once.
    pub(crate) fn only<'n>(&'n self, name: &str) -> Option<&'n Self> {
        let mut members = self.members(name);
        match (members.next(), members.next()) {
            (Some(one), None) => Some(one),
            _ => None,
        }
    }

    /// Returns every member with this name.
    pub(crate) fn members<'n>(&'n self, name: &str) -> impl Iterator<Item = &'n Self> {
        let members = match self {
            Self::Object(members) => members.as_slice(),
            _ => &[],
        };
        members
            .iter()
            .filter_map(move |(known, value)| (known == name).then_some(value))
    }

    /// Whether the predicate holds for the name of any member, at any depth.
    pub(crate) fn any_name(&self, holds: &impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Object(members) => members
                .iter()
                .any(|(name, value)| holds(name) || value.any_name(holds)),
            Self::Array(items) => items.iter().any(|item| item.any_name(holds)),
            _ => false,
        }
    }

    /// Whether an object, at any depth, repeats a member.
    pub(crate) fn repeats(&self) -> bool {
        match self {
            Self::Object(members) => {
                let mut names: Vec<_> = members.iter().map(|(name, _)| name).collect();
                names.sort_unstable();
                names.windows(2).any(|pair| pair[0] == pair[1])
                    || members.iter().any(|(_, value)| value.repeats())
            }
            Self::Array(items) => items.iter().any(Self::repeats),
            _ => false,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn space(&mut self) {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    fn take(&mut self, text: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        self.space();
        match self.rest.first()? {
            b'n' => self.take(b"null").map(|()| Node::Null),
            b't' => self.take(b"true").map(|()| Node::Bool(true)),
            b'f' => self.take(b"false").map(|()| Node::Bool(false)),
            b'"' => self.text().map(Node::Text),
            b'[' => self.array(depth.checked_sub(1)?),
            b'{' => self.object(depth.checked_sub(1)?),
            _ => self.number(),
        }
    }

    fn array(&mut self, depth: usize) -> Option<Node> {
        self.take(b"[")?;
        let mut items = Vec::new();
        self.space();
        if self.take(b"]").is_some() {
            return Some(Node::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.space();
            if self.take(b"]").is_some() {
                return Some(Node::Array(items));
            }
            self.take(b",")?;
        }
    }

    fn object(&mut self, depth: usize) -> Option<Node> {
        self.take(b"{")?;
        let mut members = Vec::new();
        self.space();
        if self.take(b"}").is_some() {
            return Some(Node::Object(members));
        }
        loop {
            self.space();
            let name = self.text()?;
            self.space();
            self.take(b":")?;
            members.push((name, self.value(depth)?));
            self.space();
            if self.take(b"}").is_some() {
                return Some(Node::Object(members));
            }
            self.take(b",")?;
        }
    }

    fn text(&mut self) -> Option<String> {
        self.take(b"\"")?;
        let mut bytes = Vec::new();
        loop {
            let (&first, rest) = self.rest.split_first()?;
            self.rest = rest;
            match first {
                b'"' => return String::from_utf8(bytes).ok(),
                b'\\' => {
                    let escaped = self.escape()?;
                    bytes.extend(escaped.encode_utf8(&mut [0; 4]).as_bytes());
                }
                0..0x20 => return None,
                _ => bytes.push(first),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let (&kind, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(match kind {
            b'"' | b'\\' | b'/' => char::from(kind),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex()?;
                if let Some(plain) = char::from_u32(first) {
                    return Some(plain);
                }
                // A low surrogate must follow; otherwise the text is invalid.
                self.take(b"\\u")?;
                let second = self.hex()?;
                if !(0xd800..0xdc00).contains(&first) || !(0xdc00..0xe000).contains(&second) {
                    return None;
                }
                char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?
            }
            _ => return None,
        })
    }

    fn hex(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        digits.iter().try_fold(0, |number, &digit| {
            Some(number << 4 | char::from(digit).to_digit(16)?)
        })
    }

    fn number(&mut self) -> Option<Node> {
        let whole = self.rest;
        let _ = self.take(b"-");
        match self.take(b"0") {
            Some(()) => {}
            None => self.digits()?,
        }
        if self.take(b".").is_some() {
            self.digits()?;
        }
        if self.take(b"e").or_else(|| self.take(b"E")).is_some() {
            let _ = self.take(b"+").or_else(|| self.take(b"-"));
            self.digits()?;
        }
        let length = whole.len() - self.rest.len();
        let text = String::from_utf8(whole[..length].to_vec()).ok()?;
        Some(Node::Number(text))
    }

    fn digits(&mut self) -> Option<()> {
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_digit());
        let count = count.count();
        self.rest = &self.rest[count..];
        (count > 0).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsed_values_match_rfc_8259() {
        let text = br#" {"a":[1,-2.5e3,true,null],"\u0061":"\ud83d\ude00\/"} "#;
        let node = Node::read(text).unwrap();
        assert_eq!(node.members("a").count(), 2);
        assert!(node.only("a").is_none() && node.repeats());
        assert_eq!(node.members("a").nth(1).unwrap().text(), Some("\u{1f600}/"));
    }

    #[test]
    fn invalid_json_is_none() {
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "01",
            "1.",
            "+1",
            "\"\n\"",
            "\"\\ud800\"",
            "{} {}",
            "\u{feff}{}",
            "nul",
            "{a:1}",
            "'a'",
            "\"\\x\"",
            "NaN",
            "1e",
            "-",
            "\"\\udc00\\ud800\"",
        ] {
            assert_eq!(Node::read(text.as_bytes()), None, "{text}");
        }
    }
}
