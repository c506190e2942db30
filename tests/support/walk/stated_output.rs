//! Compares the output of a command with what the page states.

use serde_json::Value;

/// Returns the stated line or body that the command did not print.
///
/// If the output is a response, which begins with its status, the page may leave out headers and
/// format a JSON body. The page may leave out lines of any other output.
#[must_use]
pub fn missing(stated: &str, printed: &str) -> Option<String> {
    let printed = printed.replace('\r', "");
    if !stated.starts_with("HTTP/") {
        let has = |line: &&str| printed.lines().any(|one| one.trim() == line.trim());
        return stated.lines().find(|line| !has(line)).map(str::to_owned);
    }
    let (head, body) = stated.split_once("\n\n").unwrap_or((stated, ""));
    let (printed_head, printed_body) = printed.split_once("\n\n").unwrap_or((&printed, ""));
    let line = head
        .lines()
        .find(|line| !printed_head.lines().any(|one| one == *line));
    if let Some(line) = line {
        return Some(line.to_owned());
    }
    if body.trim().is_empty() {
        return None;
    }
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    let is_same = match json(body) {
        Some(stated) => json(printed_body) == Some(stated),
        None => printed_body.trim() == body.trim(),
    };
    (!is_same).then(|| body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_that_differs_is_found() {
        let printed = "HTTP/1.1 200 OK\r\na: b\r\nc: d\r\n\r\n{\"a\":1,\"b\":[2]}";
        for (stated, expected) in [
            (
                "HTTP/1.1 200 OK\nc: d\n\n{\n  \"b\": [2], \"a\": 1}\n",
                None,
            ),
            ("HTTP/1.1 200 OK\n", None),
            (
                "HTTP/1.1 401 Unauthorized\n",
                Some("HTTP/1.1 401 Unauthorized"),
            ),
            ("HTTP/1.1 200 OK\na: c\n\n{}", Some("a: c")),
            ("HTTP/1.1 200 OK\n\n{\"a\": 2}", Some("{\"a\": 2}")),
        ] {
            assert_eq!(missing(stated, printed).as_deref(), expected, "{stated}");
        }
        assert_eq!(missing("a\n", "b\n a \n"), None);
        assert_eq!(missing("a\nc\n", "b\n a \n").as_deref(), Some("c"));
    }
}
