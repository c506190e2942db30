//! A page of the guide.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A page, with the files that it includes.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its path below `docs/src`.
    pub(crate) name: String,
    pub(crate) text: String,
    /// Whether it begins with an included file, which is written for other places too.
    pub(crate) is_included: bool,
}

/// Returns the root folder of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Returns the folder of the pages.
pub(crate) fn folder() -> PathBuf {
    root().join("docs/src")
}

impl Page {
    /// Returns every page except the summary, by name.
    pub(crate) fn all() -> Vec<Self> {
        let (mut names, mut open) = (Vec::new(), vec![folder()]);
        while let Some(next) = open.pop() {
            for entry in fs::read_dir(&next).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|kind| kind == "md") {
                    let name = path.strip_prefix(folder()).expect("a page");
                    names.push(name.display().to_string().replace('\\', "/"));
                }
            }
        }
        names.sort();
        names.retain(|name| name != "SUMMARY.md");
        names.iter().map(|name| Self::read(name)).collect()
    }

    /// Reads a page by its path below `docs/src`.
    pub(crate) fn read(name: &str) -> Self {
        let path = folder().join(name);
        let source = fs::read_to_string(&path).expect(name);
        let mut parts = source.split("{{#include ");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (file, rest) = part.split_once("}}").expect("the end of an include");
            let file = path.with_file_name("").join(file);
            let included = fs::read_to_string(&file);
            text += included
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
                .trim_end();
            text += rest;
        }
        let is_included = source.starts_with("{{#include ");
        let name = name.to_owned();
        Self {
            name,
            text,
            is_included,
        }
    }

    /// Returns the text outside of fenced blocks.
    pub(crate) fn prose(&self) -> String {
        let mut is_code = false;
        let mut prose = String::new();
        for line in self.text.lines() {
            if line.trim_start().starts_with("```") {
                is_code = !is_code;
            } else if !is_code {
                prose += line;
                prose.push('\n');
            }
        }
        prose
    }

    /// Returns each fenced block: its language, its text, and the prose up to the next heading
    /// before and after it.
    pub(crate) fn blocks(&self) -> Vec<Block<'_>> {
        let parts: Vec<_> = self.text.split("```").collect();
        let blocks = parts.windows(3).step_by(2);
        blocks
            .map(|parts| {
                let (language, text) = parts[1].split_once('\n').expect("a line");
                let before = parts[0].rsplit("\n#").next().unwrap_or_default();
                Block {
                    language,
                    text,
                    before,
                    after: parts[2],
                }
            })
            .collect()
    }

    /// Returns the rows of the tables whose head begins with this cell.
    pub(crate) fn rows(&self, head: &str) -> Vec<Vec<&str>> {
        let mut rows = Vec::new();
        let mut lines = self.text.lines();
        while let Some(line) = lines.next() {
            if line.starts_with(&format!("| {head} |")) {
                let table = lines.by_ref().take_while(|line| line.starts_with('|'));
                rows.extend(table.skip(1).map(|line| {
                    line.trim_matches('|')
                        .split(" | ")
                        .map(str::trim)
                        .collect::<Vec<_>>()
                }));
            }
        }
        rows
    }
}

/// A fenced block.
#[derive(Debug)]
pub(crate) struct Block<'p> {
    pub(crate) language: &'p str,
    pub(crate) text: &'p str,
    pub(crate) before: &'p str,
    pub(crate) after: &'p str,
}
