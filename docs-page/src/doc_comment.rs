//! Doc comments: paragraphs, and code between backticks.

use maud::{Markup, html};

/// A piece of a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    Text(&'t str),
    /// What is between two backticks.
    Code(&'t str),
}

/// Returns the paragraphs. Blank lines separate them.
pub(crate) fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = vec![String::new()];
    for line in text.lines() {
        match paragraphs.last_mut() {
            Some(paragraph) if !line.trim().is_empty() => {
                if !paragraph.is_empty() {
                    paragraph.push('\n');
                }
                paragraph.push_str(line.trim_end());
            }
            _ => paragraphs.push(String::new()),
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

/// Returns text and code of a paragraph. An unpaired backtick stays text.
pub(crate) fn pieces(paragraph: &str) -> Vec<Piece<'_>> {
    let mut rest = paragraph;
    let mut pieces = Vec::new();
    while let Some((before, code, after)) = next_code(rest) {
        pieces.extend([Piece::Text(before), Piece::Code(code)]);
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// Renders paragraphs as HTML.
pub(crate) fn prose(text: &str) -> Markup {
    html! {
        @for paragraph in paragraphs(text) {
            p {
                @for piece in pieces(&paragraph) {
                    @match piece {
                        Piece::Text(text) => (text),
                        Piece::Code(code) => code { (code) },
                    }
                }
            }
        }
    }
}

fn next_code(text: &str) -> Option<(&str, &str, &str)> {
    let (before, opened) = text.split_once('`')?;
    let (code, after) = opened.split_once('`')?;
    Some((before, code, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_part_paragraphs() {
        let rendered = prose("One\ntwo.\n\n\n  \nThree.\n").into_string();
        assert_eq!(rendered, "<p>One\ntwo.</p><p>Three.</p>");
        assert_eq!(prose("").into_string(), "");
    }

    #[test]
    fn code_stands_between_backticks() {
        let rendered = prose("Such as `A<B>`, ``, or ` alone <i>").into_string();
        assert_eq!(
            rendered,
            "<p>Such as <code>A&lt;B&gt;</code>, <code></code>, or ` alone &lt;i&gt;</p>"
        );
    }
}
