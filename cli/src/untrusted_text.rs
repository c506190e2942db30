//! Makes untrusted text safe for a terminal and a report.

/// Characters that Unicode classes as letters, marks or symbols and that show nothing:
/// `Default_Ignorable_Code_Point` without controls, format characters and unassigned ones, plus
/// the blank Braille pattern.
const INVISIBLE: &[std::ops::RangeInclusive<char>] = &[
    '\u{34f}'..='\u{34f}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{e0000}'..='\u{e0fff}',
];

/// Escapes characters that could move the cursor, change the direction of a line, break it or
/// hide in it, and truncates the text to `longest` characters.
pub(crate) fn printable(text: &str, longest: usize) -> String {
    let mut safe = String::new();
    for (at, character) in text.chars().enumerate() {
        if at == longest {
            safe.push('…');
            break;
        }
        match is_printable(character) {
            true => safe.push(character),
            false => safe.extend(character.escape_default()),
        }
    }
    safe
}

/// The standard library has the table of general categories: `char::escape_debug` escapes Cc,
/// Cf, Cs, Co, Cn, Zl, Zp, and Zs except the space. It also escapes quotes, and marks at the
/// start of a text; both are harmless here.
fn is_printable(character: char) -> bool {
    let text = String::from_iter(['a', character]);
    let is_quote = matches!(character, '"' | '\'' | '\\');
    let is_shown = is_quote || text.escape_debug().count() == 2;
    is_shown && !INVISIBLE.iter().any(|range| range.contains(&character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_unchanged() {
        for text in [
            "a \"b\" 'c' \\ d",
            "Grüße, e\u{301}, 日本語, हिन्दी, עברית, العربية",
            "€ — … 😀",
        ] {
            assert_eq!(printable(text, 400), text);
        }
    }

    #[test]
    fn control_bidi_and_invisible_characters_are_escaped() {
        let ranges = [
            // Control characters: cursor movement and terminal sequences.
            ('\0', '\u{1f}'),
            ('\u{7f}', '\u{9f}'),
            // Format characters: direction, joiners, soft hyphen, invisible operators.
            ('\u{ad}', '\u{ad}'),
            ('\u{61c}', '\u{61c}'),
            ('\u{200b}', '\u{200f}'),
            ('\u{202a}', '\u{202e}'),
            ('\u{2060}', '\u{206f}'),
            ('\u{feff}', '\u{feff}'),
            ('\u{fff9}', '\u{fffb}'),
            ('\u{1d173}', '\u{1d17a}'),
            // Line and paragraph separators, and unusual spaces.
            ('\u{2028}', '\u{2029}'),
            ('\u{a0}', '\u{a0}'),
            ('\u{3000}', '\u{3000}'),
            // Variation selectors and tags, which can carry hidden text.
            ('\u{fe00}', '\u{fe0f}'),
            ('\u{e0000}', '\u{e01ef}'),
            // Fillers.
            ('\u{34f}', '\u{34f}'),
            ('\u{115f}', '\u{1160}'),
            ('\u{17b4}', '\u{17b5}'),
            ('\u{180b}', '\u{180f}'),
            ('\u{2800}', '\u{2800}'),
            ('\u{3164}', '\u{3164}'),
            ('\u{ffa0}', '\u{ffa0}'),
            // Private use and unassigned.
            ('\u{e000}', '\u{f8ff}'),
            ('\u{f0000}', '\u{f0010}'),
            ('\u{10fffe}', '\u{10ffff}'),
            ('\u{378}', '\u{379}'),
        ];
        for character in ranges.into_iter().flat_map(|(first, last)| first..=last) {
            let shown = printable(&format!("a{character}b"), 400);
            assert!(
                shown.is_ascii() && shown.starts_with("a\\") && shown.ends_with('b'),
                "{:x}: {shown:?}",
                u32::from(character)
            );
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(printable(&"ä".repeat(1000), 400).chars().count(), 401);
    }
}
