//! The links of the guide.

use crate::page::{Page, folder};

/// Returns the targets of the links of a text.
pub(crate) fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|link| link.split(')').next())
}

/// Returns the anchor that mdBook gives to a heading.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = |char: &char| char.is_alphanumeric() || " -_".contains(*char);
    heading
        .chars()
        .filter(kept)
        .map(|char| if char == ' ' { '-' } else { char })
        .collect()
}

/// Returns what is wrong with a link of a page.
fn error(page: &Page, link: &str, all: &[Page]) -> Option<String> {
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = match path {
        "" => page.name.clone(),
        path => {
            let mut parts: Vec<_> = page.name.split('/').collect();
            parts.pop();
            for part in path.split('/') {
                match part {
                    ".." => {
                        if parts.pop().is_none() {
                            return Some("it leaves the book".to_owned());
                        }
                    }
                    part => parts.push(part),
                }
            }
            parts.join("/")
        }
    };
    let Some(target) = all.iter().find(|page| page.name == target) else {
        let is_file = folder().join(&target).is_file();
        return (!is_file).then(|| "there is no such file".to_owned());
    };
    let prose = target.prose();
    let mut headings = prose.lines().filter(|line| line.starts_with('#'));
    let is_there = heading.is_empty() || headings.any(|line| anchor(line) == heading);
    (!is_there).then(|| format!("{} has no such heading", target.name))
}

#[test]
fn every_link_leads_to_a_page_and_a_heading() {
    let (all, mut count) = (Page::all(), 0);
    for page in &all {
        let prose = page.prose();
        for link in targets(&prose).filter(|link| !link.contains("://")) {
            if let Some(error) = error(page, link, &all) {
                panic!("{} links to {link}: {error}", page.name);
            }
            count += 1;
        }
    }
    assert!(count > 80, "only {count} links are followed");
}

#[test]
fn a_wrong_link_is_found() {
    let all = Page::all();
    let page = Page::read("operating/logs.md");
    for link in [
        "nowhere.md",
        "../../check.md",
        "incidents.md#nothing",
        "#nothing",
    ] {
        assert!(error(&page, link, &all).is_some(), "{link}");
    }
    for link in ["incidents.md", "../access.md#step-up", "#the-audit-log"] {
        assert_eq!(error(&page, link, &all), None, "{link}");
    }
    assert_eq!(
        anchor("## `TOOLGATE_STATE_KEY`, twice"),
        "toolgate_state_key-twice"
    );
}
