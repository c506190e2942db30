//! Renders doc comments for people: paragraphs, and code between backticks.

use maud::{Markup, html};

/// Renders paragraphs. Blank lines separate them.
pub(crate) fn prose(text: &str) -> Markup {
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
    html! {
        @for paragraph in paragraphs.iter().filter(|paragraph| !paragraph.is_empty()) {
            p { (inline(paragraph)) }
        }
    }
}

/// Renders text with code between backticks. An unpaired backtick stays a backtick.
fn inline(text: &str) -> Markup {
    let mut rest = text;
    let mut parts = Vec::new();
    while let Some((before, code, after)) = next_code(rest) {
        parts.push((before, code));
        rest = after;
    }
    html! {
        @for (before, code) in parts { (before) code { (code) } }
        (rest)
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
