//! Finds the access in the attributes of a source file.

use std::ops::Range;

const ATTRIBUTES: [&str; 4] = [
    "#[mcp_tool(",
    "#[mcp_prompt(",
    "#[mcp_resource(",
    "access!(",
];

/// The entry of an attribute that declares access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AccessAttribute {
    place: Range<usize>,
    pub(super) key: String,
    /// The value of `scope = …`.
    pub(super) scope: Option<String>,
}

impl AccessAttribute {
    /// Returns the entry as it is written.
    pub(super) fn text<'t>(&self, text: &'t str) -> &'t str {
        &text[self.place.clone()]
    }

    /// Returns its line, from 1.
    pub(super) fn line(&self, text: &str) -> usize {
        text[..self.place.start].lines().count()
    }

    /// Returns the file with another entry.
    pub(super) fn replaced(&self, text: &str, entry: &str) -> String {
        let Range { start, end } = self.place;
        format!("{}{entry}{}", &text[..start], &text[end..])
    }
}

/// Finds every entry that declares access, in the order of the file.
pub(super) fn find_all(text: &str) -> Vec<AccessAttribute> {
    let mut found = Vec::new();
    for attribute in ATTRIBUTES {
        for (start, _) in text.match_indices(attribute) {
            let first = start + attribute.len();
            found.extend(
                entries(text, first)
                    .into_iter()
                    .filter_map(|place| read(text, place)),
            );
        }
    }
    found.sort_by_key(|one| one.place.start);
    found
}

/// Returns the places of the entries that begin here, up to the closing parenthesis.
fn entries(text: &str, first: usize) -> Vec<Range<usize>> {
    let (mut depth, mut in_text, mut start) = (0_usize, false, first);
    let mut places = Vec::new();
    for (offset, letter) in text[first..].char_indices() {
        let at = first + offset;
        match letter {
            '"' => in_text = !in_text,
            _ if in_text => {}
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => {
                places.push(start..at);
                break;
            }
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                places.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    places
}

fn read(text: &str, place: Range<usize>) -> Option<AccessAttribute> {
    let written = &text[place.clone()];
    let entry = written.trim();
    let start = place.start + (written.len() - written.trim_start().len());
    let (key, value) = match entry.split_once('=') {
        Some((key, value)) => (key.trim(), Some(value.trim())),
        None => (entry, None),
    };
    let is_access = match value {
        Some(_) => matches!(key, "scope" | "scopes" | "any_scope"),
        None => matches!(key, "public" | "authenticated"),
    };
    is_access.then(|| AccessAttribute {
        place: start..start + entry.len(),
        key: key.to_owned(),
        scope: value.filter(|_| key == "scope").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_is_found_in_every_spelling_and_replaced_alone() {
        let text = "#[mcp_tool(\n    scope = \"a, (b\",\n    read_only,\n)]\nfn a() {}\n\
                    #[mcp_prompt(public)]\n#[mcp_resource(uri = \"x://{y}\", any_scope = [\"a\", [\"b\"]])]\n";
        let found = find_all(text);
        let texts: Vec<_> = found.iter().map(|one| one.text(text)).collect();
        assert_eq!(
            texts,
            [
                "scope = \"a, (b\"",
                "public",
                "any_scope = [\"a\", [\"b\"]]"
            ]
        );
        assert_eq!(found[0].scope.as_deref(), Some("\"a, (b\""));
        assert_eq!(found[1].line(text), 6);
        assert!(
            found[1]
                .replaced(text, "authenticated")
                .contains("#[mcp_prompt(authenticated)]")
        );
    }

    #[test]
    fn other_entries_are_not_access() {
        assert_eq!(
            find_all("#[mcp_tool(name = \"public\", authorize = scope)]"),
            []
        );
    }
}
