//! Parses the shell commands and the `curl` calls that README.md and the guide use.

use reqwest::{Method, RequestBuilder};

/// A command, and its output.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) command: String,
    pub(crate) output: String,
}

/// Returns the steps of a console block: `$` begins one, a backslash or an open quote continues
/// it.
pub(crate) fn steps(block: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = block.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(first) = line.strip_prefix("$ ") else {
            let step = steps.last_mut().expect("a command comes first");
            step.output.push_str(line);
            step.output.push('\n');
            continue;
        };
        let mut command = first.to_owned();
        loop {
            if let Some(before) = command.strip_suffix('\\') {
                command = before.to_owned();
            } else if command.matches('\'').count() % 2 == 0 {
                break;
            } else {
                command.push('\n');
            }
            command.push_str(lines.next().expect("the command goes on"));
        }
        let output = String::new();
        steps.push(Step { command, output });
    }
    steps
}

/// Returns the words of a command. Expands only `$TOKEN`, and only between double quotes.
pub(crate) fn words(command: &str, token: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = command.chars();
    while let Some(char) = chars.next() {
        match char {
            '\'' | '"' => {
                let inside: String = chars.by_ref().take_while(|&one| one != char).collect();
                let inside = match char {
                    '"' => inside.replace("$TOKEN", token),
                    _ => inside,
                };
                word.get_or_insert_default().push_str(&inside);
            }
            char if char.is_whitespace() => words.extend(word.take()),
            '$' | '`' | '\\' | '|' | ';' | '&' | '>' => panic!("{char} in {command}"),
            char => word.get_or_insert_default().push(char),
        }
    }
    words.extend(word);
    words
}

/// Builds the request that `curl -i URL [-H header]… [-d body]` sends.
pub(crate) fn curl(words: &[String]) -> RequestBuilder {
    let ([program, show, url, rest @ ..], http) = (words, reqwest::Client::new()) else {
        panic!("{words:?}");
    };
    assert_eq!((&**program, &**show), ("curl", "-i"));
    let body = rest.chunks(2).find(|pair| pair[0] == "-d");
    let method = if body.is_some() {
        Method::POST
    } else {
        Method::GET
    };
    let mut request = http.request(method, url);
    let mut names = Vec::new();
    for pair in rest.chunks(2) {
        match pair {
            [option, header] if option == "-H" => {
                let (name, value) = header.split_once(": ").expect("a header");
                request = request.header(name, value);
                names.push(name.to_ascii_lowercase());
            }
            [option, body] if option == "-d" => request = request.body(body.clone()),
            _ => panic!("{pair:?}"),
        }
    }
    // The headers that curl adds.
    if body.is_some() && !names.contains(&"content-type".to_owned()) {
        request = request.header("content-type", "application/x-www-form-urlencoded");
    }
    if !names.contains(&"accept".to_owned()) {
        request = request.header("accept", "*/*");
    }
    request
}
