//! Just enough HTML parsing to read a form as a user sees it.

use super::{Button, Field, Form};

/// Returns the text of a page in one line, and its form.
pub(super) fn read(source: &str) -> (String, Option<Form>) {
    let mut reader = Reader::default();
    let mut rest = source;
    while let Some((text, after)) = rest.split_once('<') {
        reader.text(text);
        let (tag, after) = after.split_once('>').expect("a tag ends");
        rest = reader.tag(tag, after);
    }
    reader.text(rest);
    (squeeze(&reader.all), reader.form)
}

#[derive(Default)]
struct Reader {
    all: String,
    form: Option<Form>,
    /// The legend of the open group.
    legend: String,
    is_legend: bool,
    is_label: bool,
}

impl Reader {
    fn text(&mut self, text: &str) {
        let text = unescape(text);
        self.all.push_str(&text);
        if self.is_legend {
            self.legend.push_str(&text);
        }
        let field = self.form.as_mut().and_then(|form| form.fields.last_mut());
        if let (true, Some(field)) = (self.is_label, field) {
            field.label.push_str(&text);
        }
    }

    /// Handles a tag; returns the remaining text.
    fn tag<'s>(&mut self, tag: &str, after: &'s str) -> &'s str {
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let one = |name: &str| attribute(attributes, name);
        // Emphasis can occur inside a word.
        if !matches!(name, "strong" | "/strong") {
            self.all.push(' ');
        }
        match name {
            "style" => return after.split_once("</style>").map_or("", |(_, after)| after),
            "form" => {
                self.form = Some(Form {
                    action: one("action").unwrap_or_default(),
                    ..Form::default()
                });
            }
            "fieldset" => self.legend.clear(),
            "/fieldset" => self.legend.clear(),
            "legend" | "/legend" => self.is_legend = name == "legend",
            "label" => self.is_label = true,
            "/label" => self.is_label = false,
            "input" => {
                let field = Field {
                    kind: one("type").unwrap_or_default(),
                    name: one("name").unwrap_or_default(),
                    value: one("value").unwrap_or_default(),
                    is_checked: one("checked").is_some(),
                    group: squeeze(&self.legend),
                    label: String::new(),
                };
                let form = self.form.as_mut().expect("a field stands in a form");
                form.fields.push(field);
            }
            "button" => {
                let button = Button {
                    name: one("name").unwrap_or_default(),
                    value: one("value").unwrap_or_default(),
                };
                let form = self.form.as_mut().expect("a button stands in a form");
                form.buttons.push(button);
            }
            _ => {}
        }
        if name == "/label"
            && let Some(field) = self.form.as_mut().and_then(|form| form.fields.last_mut())
        {
            field.label = squeeze(&field.label);
        }
        after
    }
}

/// Returns the value of an attribute; empty if it has none.
fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    let mut rest = attributes.trim_end_matches('/').trim();
    while !rest.is_empty() {
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix("=\"") {
            Some(after) => after.split_once('"').expect("a value is quoted"),
            None => ("", after),
        };
        if name == wanted {
            return Some(unescape(value));
        }
        rest = after.trim_start();
    }
    None
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
