//! Compares the renderings: each has the same facts, and none has text from outside as markup.

use std::{env, fs};

use markdown::{ParseOptions, mdast::Node, to_mdast};

use super::{saved_page::full_facts, *};

/// Text that would be markup, links, tables, HTML or blocks if it were not escaped.
const HOSTILE: &[&str] = &[
    "[click](https://evil.example) ![x](https://evil.example/x.png) <https://evil.example>",
    "https://evil.example www.evil.example evil@evil.example mailto:a@evil.example xmpp:a@b.c/d",
    "<script>alert(1)</script> <img src=x onerror=y> &lt;b&gt; &#60; <!-- x --> <?x?> <![CDATA[x]]>",
    "*a* **b** _c_ __d__ ~~e~~ ~f~ `` `g` $h$ \\",
    "# heading\n## heading\nheading\n===\nheading\n---\n***\n___",
    "- item\n* item\n+ item\n1. item\n2) item\n- [ ] task\n> quote",
    "| a | b |\n|---|---|\n| c | d |\n\n a | b\n:-- | --:\n c | d",
    "```\nfence\n```\n~~~\nfence\n~~~\n\n    indented\n\tindented",
    "text\r# heading\r\r- item\r\n\r\n<div>\n\nx",
    "[ref]\n\n[ref]: https://evil.example\n[^1]: note\n\ntext[^1]",
    "a`|b`` | ```c```` `\n`\n\n`unpaired",
    "ends with a backslash\\\nends with spaces  \nnext \\`code\\` \\[a](b)",
    "`code`@evil.example a@`code` `a`b@evil.example `x\\`[y](z)`",
    "\u{b}# a\u{c}\u{85}- b\u{2028}# c\u{0}\u{1b}[31m",
];

/// The space is replaced in commands, so that it is shown there in another form, as hostile text.
const HARMLESS: &str = "harm less";

fn parsed(markdown: &str) -> Node {
    let mut options = ParseOptions::gfm();
    options.constructs.math_text = true;
    options.constructs.math_flow = true;
    to_mdast(markdown, &options).unwrap()
}

/// Returns the name of each node that is neither text nor inline code, in order, and the text.
fn outline(node: &Node, names: &mut Vec<String>, text: &mut String) {
    match node {
        Node::Text(one) => *text += &one.value,
        Node::InlineCode(one) => *text += &one.value,
        other => {
            let name = format!("{other:?}");
            names.push(name.split([' ', '(']).next().unwrap().to_owned());
            for child in other.children().into_iter().flatten() {
                outline(child, names, text);
            }
        }
    }
}

/// Returns facts with this text in the place of every text from outside.
fn told(text: &'static str) -> PageFacts<'static> {
    let mut facts = full_facts();
    let input = json!({
        "properties": {text: {"enum": [text], "description": text, "default": text, "pattern": text}},
        "required": [text],
    });
    let hostile = ToolEntry {
        title: Some(text),
        access: scopes(&[&[text]]),
        conditions: Conditions {
            is_for_persons: true,
            roles: vec![vec![text]],
            acr: vec![text],
            max_age: Some(60),
            is_confirmed: true,
            is_approved: true,
            rate: Some("9/min burst 8".to_owned()),
            concurrency: Some(7),
            timeout: Some("6s".to_owned()),
        },
        ..tool(text, text, input)
    };
    facts.name = text;
    facts.version = text;
    facts.resource = text;
    facts.metadata = text;
    facts.issuers = vec![text];
    facts.tools = vec![hostile];
    for scope in &mut facts.scopes {
        (scope.name, scope.description) = (text, Some(text));
    }
    for prompt in &mut facts.prompts {
        (prompt.name, prompt.title, prompt.description) = (text, Some(text), Some(text));
        for argument in &mut prompt.arguments {
            (argument.name, argument.description) = (text, Some(text));
        }
    }
    for resource in &mut facts.resources {
        (resource.uri, resource.title, resource.description) = (text, Some(text), Some(text));
        resource.mime_type = Some(text);
    }
    facts
}

/// Returns the text that a description shows: without the ends of lines and the backticks around
/// code.
fn plain(text: &str) -> String {
    let shown = |char: &char| !char.is_whitespace() && !char.is_control() && *char != '`';
    text.chars().filter(shown).collect()
}

#[test]
fn no_text_from_outside_is_markup_in_markdown() {
    let structure = |text| {
        let (mut names, mut shown) = (Vec::new(), String::new());
        let markdown = render_markdown(&told(text));
        outline(&parsed(&markdown), &mut names, &mut shown);
        // A text of several paragraphs has more of them.
        names.retain(|name| name != "Paragraph");
        (names, shown, markdown)
    };
    let (expected, shown, _) = structure(HARMLESS);
    assert!(expected.len() > 40, "{expected:?}");
    let count = plain(&shown).matches(&plain(HARMLESS)).count();
    assert!(count > 20, "{shown}");
    for text in HOSTILE {
        let (names, shown, markdown) = structure(text);
        assert_eq!(names, expected, "{text:?}\n{markdown}");
        // The type of an argument shows its values as JSON.
        let in_json = plain(&json!(text).to_string());
        let (shown, text) = (plain(&shown), plain(text));
        let is_changed_in_json = !in_json.contains(&text);
        assert_eq!(
            shown.matches(&text).count() + usize::from(is_changed_in_json),
            count,
            "{text}\nis not shown everywhere:\n{shown}"
        );
    }
}

/// The parser of these tests knows the markup that the hostile texts contain.
#[test]
fn each_hostile_text_is_markup_if_it_is_not_escaped() {
    for text in HOSTILE {
        let (mut names, mut shown) = (Vec::new(), String::new());
        outline(&parsed(text), &mut names, &mut shown);
        names.retain(|name| name != "Paragraph" && name != "Root");
        let has_code = text.contains('`');
        let has_control = text.contains('\u{0}');
        assert!(!names.is_empty() || has_code || has_control, "{text:?}");
    }
}

/// `UPDATE_SNAPSHOT=1` saves the renderings first.
#[test]
fn the_renderings_are_the_saved_ones_to_the_byte() {
    let facts = full_facts();
    let json: Value = serde_json::from_str(&render_json(&facts)).unwrap();
    for (name, text) in [
        ("saved_page.md", render_markdown(&facts)),
        ("saved_page.json", format!("{json:#}\n")),
    ] {
        let file = format!("{}/src/tests/{name}", env!("CARGO_MANIFEST_DIR"));
        if env::var_os("UPDATE_SNAPSHOT").is_some() {
            fs::write(&file, &text).unwrap();
        }
        let saved = fs::read_to_string(&file).unwrap();
        let differs = text.lines().zip(saved.lines()).find(|(a, b)| a != b);
        assert_eq!(differs, None, "{name}: rendered and saved differ");
        assert_eq!(text.len(), saved.len(), "{name}");
    }
}

/// Returns the members of an object, sorted.
fn members(value: &Value) -> Vec<&str> {
    let mut names: Vec<_> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

/// Programs rely on these names.
#[test]
fn the_json_document_has_these_members() {
    let page: Value = serde_json::from_str(&render_json(&full_facts())).unwrap();
    assert_eq!(page["version"], 1);
    let item = [
        "access",
        "arguments",
        "conditions",
        "description",
        "name",
        "title",
    ];
    for (value, expected) in [
        (
            &page,
            &[
                "authorization_servers",
                "bound_tokens",
                "clients",
                "development",
                "login",
                "metadata",
                "prompts",
                "resource",
                "resources",
                "scopes",
                "server",
                "tools",
                "version",
            ][..],
        ),
        (&page["server"], &["name", "version"]),
        (&page["scopes"][0], &["description", "name"]),
        (
            &page["tools"][0],
            &[
                "access",
                "annotations",
                "conditions",
                "description",
                "input_schema",
                "name",
                "output_schema",
                "title",
            ],
        ),
        (&page["tools"][0]["access"], &["any_of", "kind"]),
        (
            &page["tools"][0]["conditions"],
            &[
                "acr",
                "approved",
                "concurrency",
                "confirmed",
                "max_age",
                "person",
                "rate",
                "roles",
                "timeout",
            ],
        ),
        (&page["prompts"][0], &item),
        (
            &page["prompts"][0]["arguments"][0],
            &["description", "name", "required"],
        ),
        (
            &page["resources"][0],
            &[
                "access",
                "conditions",
                "description",
                "mime_type",
                "title",
                "uri",
            ],
        ),
        (&page["clients"][0], &["file", "login", "name", "text"]),
    ] {
        assert_eq!(members(value), expected);
    }
    assert_eq!(
        page["tools"][1]["access"],
        json!({"kind": "scopes", "any_of": [["news:read", "news:admin"]]})
    );
    assert_eq!(
        page["tools"][3]["access"],
        json!({"kind": "public", "any_of": null})
    );
}

#[test]
fn text_from_outside_is_text_in_json() {
    for text in HOSTILE {
        let page: Value = serde_json::from_str(&render_json(&told(text))).unwrap();
        for shown in [
            &page["server"]["name"],
            &page["tools"][0]["name"],
            &page["tools"][0]["description"],
            &page["prompts"][0]["description"],
            &page["resources"][0]["uri"],
        ] {
            assert_eq!(shown, text);
        }
    }
}

/// A fact that one rendering lacks is found: the others have it.
#[test]
fn each_rendering_has_each_fact() {
    let facts = full_facts();
    let html = read(&render(&facts))
        .replace("&quot;", "\"")
        .replace("&amp;", "&");
    let (markdown, json) = (render_markdown(&facts), render_json(&facts));
    let mut shown = String::new();
    outline(&parsed(&markdown), &mut Vec::new(), &mut shown);
    let names = (facts.tools.iter().map(|one| one.name))
        .chain(facts.prompts.iter().map(|one| one.name))
        .chain(facts.resources.iter().map(|one| one.uri))
        .chain(facts.scopes.iter().map(|one| one.name));
    for name in names.chain([facts.name, facts.version, facts.metadata, facts.issuers[1]]) {
        for text in [&html, &shown, &json] {
            assert!(text.contains(name), "{name}: {text}");
        }
    }
}
