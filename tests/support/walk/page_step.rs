//! A step of a walk: a block of a page below a comment such as `<!-- walk new: run -->`.

use std::{fs, path::Path};

/// A step.
#[derive(Debug)]
pub struct PageStep {
    /// The names of the walks that take it.
    pub walks: Vec<String>,
    /// What the walk does with it.
    pub kind: Kind,
    /// The text of the block.
    pub text: String,
}

/// What a walk does with a block.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind {
    /// `run`: runs each command, and compares its output.
    Run,
    /// `serve PORT`: the last command serves there until the walk starts another server.
    Serve(u16),
    /// `write PATH`: writes the block into a file.
    Write(String),
    /// `append PATH`: adds the block to the end of a file.
    Append(String),
    /// `patch PATH`: replaces lines of a file. `@@` is between two changes.
    Patch(String),
    /// `dependencies`: replaces the line `[dependencies]` of `Cargo.toml`.
    Dependencies,
}

/// Reads the steps of a page.
///
/// # Panics
///
/// If a comment does not describe a step, or no block follows it.
pub(super) fn read(folder: &Path, page: &str) -> Vec<PageStep> {
    let text = fs::read_to_string(folder.join(page)).expect(page);
    let marked = text.split("<!-- walk ").skip(1);
    marked.map(|part| step(part, page)).collect()
}

fn step(part: &str, page: &str) -> PageStep {
    let (mark, after) = part.split_once(" -->\n").expect(page);
    let (walks, kind) = mark.split_once(": ").expect(mark);
    let block = after.trim_start_matches('\n').strip_prefix("```");
    let (_, text) = block.and_then(|block| block.split_once('\n')).expect(mark);
    let (text, _) = text.split_once("```").expect(mark);
    let words: Vec<_> = kind.split(' ').collect();
    let kind = match words[..] {
        ["run"] => Kind::Run,
        ["serve", port] => Kind::Serve(port.parse().expect("a port")),
        ["write", path] => Kind::Write(path.to_owned()),
        ["append", path] => Kind::Append(path.to_owned()),
        ["patch", path] => Kind::Patch(path.to_owned()),
        ["dependencies"] => Kind::Dependencies,
        _ => panic!("{page}: a walk does not {kind}"),
    };
    PageStep {
        walks: walks.split(", ").map(str::to_owned).collect(),
        kind,
        text: text.to_owned(),
    }
}

/// A command, and the output that the page states.
#[derive(Debug, PartialEq, Eq)]
pub struct Typed {
    /// The command, without `$`.
    pub command: String,
    /// What the page states below it.
    pub output: String,
}

/// Returns the commands of a block: `$` begins one, a backslash or an open quote continues it.
///
/// # Panics
///
/// If the block begins with output.
#[must_use]
pub fn typed(block: &str) -> Vec<Typed> {
    let mut all: Vec<Typed> = Vec::new();
    let mut is_open = false;
    for line in block.lines() {
        if let (false, Some(command)) = (is_open, line.strip_prefix("$ ")) {
            all.push(Typed {
                command: command.to_owned(),
                output: String::new(),
            });
        } else {
            let last = all.last_mut().expect("a command comes first");
            if is_open {
                last.command.push('\n');
                last.command.push_str(line);
            } else {
                last.output.push_str(line);
                last.output.push('\n');
            }
        }
        let command = &all.last().expect("a command").command;
        is_open = (is_open || line.starts_with("$ "))
            && (command.ends_with('\\') || command.matches('\'').count() % 2 == 1);
    }
    all
}

/// Returns the text with the changes of the patch.
///
/// # Panics
///
/// If the text does not have the lines of a change exactly once.
#[must_use]
pub fn patched(text: &str, patch: &str) -> String {
    let lines = |change: &str, left_out: char| -> String {
        let kept = change
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with(left_out));
        kept.map(|line| format!("{}\n", &line[1..])).collect()
    };
    patch.split("@@\n").fold(text.to_owned(), |text, change| {
        let (before, after) = (lines(change, '+'), lines(change, '-'));
        assert_eq!(text.matches(&before).count(), 1, "{before}\nin\n{text}");
        text.replace(&before, &after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_replaces_its_lines() {
        let patch = " a\n-b\n+c\n@@\n-e\n+f\n+g\n";
        assert_eq!(patched("a\nb\nd\ne\n", patch), "a\nc\nd\nf\ng\n");
    }

    #[test]
    fn a_page_is_read_step_by_step() {
        let first = step("a, b: serve 8000 -->\n\n```console\n$ x\n```\n", "page");
        assert_eq!((first.kind, &*first.text), (Kind::Serve(8000), "$ x\n"));
        assert_eq!(first.walks, ["a", "b"]);
        let one = |command: &str, output: &str| Typed {
            command: command.to_owned(),
            output: output.to_owned(),
        };
        assert_eq!(
            typed("$ a 'b\nc' \\\n  d\nsaid\n\nmore\n$ e\n"),
            [one("a 'b\nc' \\\n  d", "said\n\nmore\n"), one("e", "")]
        );
    }
}
