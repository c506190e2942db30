//! Prints the result of a tool.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use serde_json::{Map, Value};

use crate::{
    exit::{self, Failure},
    untrusted_text::printable,
};

/// Prints a result. The exit code is 1 if the tool reports an error.
pub(super) fn result(result: &Map<String, Value>, as_json: bool) -> Result<ExitCode, Failure> {
    let text = match as_json {
        true => {
            let text = serde_json::to_string_pretty(result).map_err(|error| error.to_string())?;
            text + "\n"
        }
        false => content(result),
    };
    let is_error = result.get("isError") == Some(&Value::Bool(true));
    print(&text)?;
    Ok(match is_error {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

/// Prints a text. A program gets it unchanged, a terminal without control characters.
pub(super) fn print(text: &str) -> Result<ExitCode, Failure> {
    let mut out = io::stdout().lock();
    let text = match out.is_terminal() {
        true => for_terminal(text),
        false => text.to_owned(),
    };
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    Ok(exit::after_output(written, ExitCode::SUCCESS)?)
}

/// Escapes what could move the cursor or hide text. Keeps lines and tabs.
fn for_terminal(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let columns = line.split('\t').map(|part| printable(part, usize::MAX));
        columns.collect::<Vec<_>>().join("\t")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the content as text, one block after the other.
fn content(result: &Map<String, Value>) -> String {
    let blocks = result.get("content").and_then(Value::as_array);
    let blocks: Vec<_> = blocks.into_iter().flatten().map(block).collect();
    match (blocks.is_empty(), result.get("structuredContent")) {
        (true, Some(structured)) => format!("{structured:#}\n"),
        _ => blocks.iter().map(|block| format!("{block}\n")).collect(),
    }
}

fn block(block: &Value) -> String {
    let text = |name: &str| block[name].as_str();
    match (text("type"), text("text")) {
        (Some("text"), Some(text)) => text.to_owned(),
        (Some(kind @ ("image" | "audio")), _) => format!(
            "[{kind} {}, {} characters of base64; --json prints it]",
            text("mimeType").unwrap_or("without a type"),
            text("data").unwrap_or_default().len()
        ),
        (Some("resource_link"), _) => format!("[{}]", text("uri").unwrap_or("a link")),
        (Some("resource"), _) => match block["resource"]["text"].as_str() {
            Some(text) => text.to_owned(),
            None => "[a resource; --json prints it]".to_owned(),
        },
        _ => "[content of another type; --json prints it]".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_keeps_its_lines_and_loses_what_moves_the_cursor() {
        assert_eq!(for_terminal("a\tb\n\x1b[2Jc\r"), "a\tb\n\\u{1b}[2Jc\\r");
    }

    #[test]
    fn every_kind_of_content_is_named() {
        let result = json!({"content": [
            {"type": "text", "text": "one\ntwo"},
            {"type": "image", "mimeType": "image/png", "data": "AAAA"},
            {"type": "resource", "resource": {"uri": "a://b", "text": "inside"}},
            {"type": "resource_link", "uri": "a://b"},
            {"type": "new"},
            5,
        ]});
        let shown = content(result.as_object().unwrap());
        assert_eq!(
            shown,
            "one\ntwo\n[image image/png, 4 characters of base64; --json prints it]\ninside\n[a://b]\n\
             [content of another type; --json prints it]\n[content of another type; --json prints it]\n"
        );
        let structured = json!({"structuredContent": {"a": 1}});
        assert!(content(structured.as_object().unwrap()).contains("\"a\": 1"));
    }
}
