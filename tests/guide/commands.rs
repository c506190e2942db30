//! The commands in the guide: the page says what runs each of them, or why no test runs it.

use crate::page::{Block, Page};

/// Returns whether the text after a block says what runs it.
fn says_what_runs_it(block: &Block<'_>) -> bool {
    // The text between this block and the next block or heading.
    let section = block.after.split("\n#").next().unwrap_or_default();
    [
        "*Run ",
        "*Not run by a test: ",
        "*All commands of this section are run by ",
    ]
    .iter()
    .any(|note| section.trim_start().starts_with(note) || section.contains(&format!("\n{note}")))
}

#[test]
fn every_block_of_commands_says_what_runs_it() {
    let mut count = 0;
    for page in Page::all().iter().filter(|page| !page.is_included) {
        let section_is_run = |block: &Block<'_>| {
            let after = page.text.split(block.text).nth(1).unwrap_or_default();
            let section = after.split("\n## ").next().unwrap_or_default();
            section.contains("\n*All commands of this section are run by ")
        };
        let blocks = page.blocks();
        for block in blocks
            .iter()
            .filter(|block| ["console", "sh"].contains(&block.language))
        {
            assert!(
                says_what_runs_it(block) || section_is_run(block),
                "{}: nothing below this block says what runs it:\n{}",
                page.name,
                block.text
            );
            count += 1;
        }
    }
    assert!(count > 10, "only {count} blocks of commands");
}

#[test]
fn a_block_without_a_note_is_found() {
    let block = |after| Block {
        language: "console",
        text: "$ true\n",
        before: "",
        after,
    };
    assert!(says_what_runs_it(&block("\n\n*Run by `.ci/run`.*\n")));
    assert!(says_what_runs_it(&block(
        "\n\n*Not run by a test: it needs a cluster.*\n"
    )));
    assert!(!says_what_runs_it(&block("\n\nText.\n")));
    assert!(!says_what_runs_it(&block(
        "\n\nText.\n\n## Next\n\n*Run by `.ci/run`.*\n"
    )));
}
