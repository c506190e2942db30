//! Schemas and values that are made by dice: the values often nearly what the schema allows.

use proptest::{prelude::*, test_runner::Config};
use serde_json::{Map, Value, json};

/// A number of cases, unless the environment says another.
pub(super) fn cases(usual: u32) -> Config {
    let stated = std::env::var_os("PROPTEST_CASES").is_some();
    let mut config = Config::default();
    config.failure_persistence = None;
    if !stated {
        config.cases = usual;
    }
    config
}

/// What the dice show. When they are all thrown they show nothing but zeros, which ends
/// everything that is made of them.
pub(super) struct Dice {
    bytes: Vec<u8>,
    next: usize,
}

pub(super) fn dice() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 20..400)
}

impl Dice {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, next: 0 }
    }

    fn below(&mut self, sides: usize) -> usize {
        let byte = self.bytes.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        usize::from(byte) % sides
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.below(sides) == sides - 1
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

const NAMES: [&str; 5] = ["a", "b", "ab", "c", "1"];

fn number(dice: &mut Dice) -> Value {
    dice.pick(&[
        json!(0),
        json!(1),
        json!(2),
        json!(3),
        json!(-1),
        json!(1.0),
        json!(1.5),
        json!(0.1),
        json!(0.3),
        json!(-2.5),
        json!(10),
        json!(100),
        json!(9_007_199_254_740_992.0),
        json!(9_007_199_254_740_993_u64),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e300),
        json!(-0.0),
        json!(4),
        json!(0.75),
        json!(12.34),
    ])
}

fn text(dice: &mut Dice) -> &'static str {
    dice.pick(&[
        "",
        "a",
        "ab",
        "b",
        "1",
        "12",
        "abc",
        "a b",
        "\u{e4}",
        "\u{1f600}",
        "\u{a0}",
        "\u{2028}",
        "2024-02-29",
        "a@b",
        "aab",
        "c",
        "10:00:00Z",
        "/a",
        "::1",
    ])
}

fn pattern(dice: &mut Dice) -> &'static str {
    dice.pick(&[
        "^a", "b", r"^\d+$", "^[a-c]*$", r"\s", "^.$", r"\w", "^(a|ab)$", r"^\S*$", r"[\s,]",
        "a{2}", r"^[^\d]", r"\bb", "^.{2,3}$",
    ])
}

/// Some value.
pub(super) fn value(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(if depth == 0 { 6 } else { 9 }) {
        0 => Value::Null,
        1 => json!(dice.one_in(2)),
        2 | 3 => number(dice),
        4 | 5 => text(dice).into(),
        6 => (0..dice.below(4)).map(|_| value(dice, depth - 1)).collect(),
        _ => (0..dice.below(4))
            .map(|_| (dice.pick(&NAMES).to_owned(), value(dice, depth - 1)))
            .collect(),
    }
}

/// A whole document, with definitions that the schemas in it refer to.
pub(super) fn document(dice: &mut Dice) -> Value {
    let mut root = match schema(dice, 3) {
        Value::Object(root) => root,
        other => Map::from_iter([("not".to_owned(), other)]),
    };
    let definitions = json!({"x": schema(dice, 2), "y/z": schema(dice, 2)});
    root.insert("$defs".to_owned(), definitions);
    Value::Object(root)
}

fn schema(dice: &mut Dice, depth: usize) -> Value {
    let mut out = Map::new();
    let kinds = 1 + dice.below(8) / 4 + dice.below(8) / 7;
    for _ in 0..kinds {
        match dice.below(if depth == 0 { 6 } else { 16 }) {
            0 => drop(out.insert("type".into(), kind(dice))),
            1 => numbers(dice, &mut out),
            2 | 3 => texts(dice, &mut out),
            4 => {
                let keyword = dice.pick(&["const", "enum"]);
                let one = value(dice, 1);
                let many = json!([one, value(dice, 1), value(dice, 1)]);
                out.insert(keyword.into(), if keyword == "const" { one } else { many });
            }
            5 if out.is_empty() => return Value::Bool(!dice.one_in(3)),
            6 | 7 => items(dice, &mut out, depth - 1),
            8..=11 => members(dice, &mut out, depth - 1),
            12 | 13 => combined(dice, &mut out, depth - 1),
            14 => {
                let target = dice.pick(&["#", "#/$defs/x", "#/$defs/y~1z", "#/%24defs/x"]);
                out.insert("$ref".into(), target.into());
            }
            _ => {
                let rest = if dice.one_in(3) {
                    schema(dice, depth.saturating_sub(1))
                } else {
                    json!(false)
                };
                out.insert("unevaluatedProperties".into(), rest);
            }
        }
    }
    Value::Object(out)
}

fn kind(dice: &mut Dice) -> Value {
    let kinds = [
        "null", "boolean", "object", "array", "string", "number", "integer",
    ];
    match dice.one_in(3) {
        true => json!([dice.pick(&kinds[..3]), dice.pick(&kinds[3..])]),
        false => dice.pick(&kinds).into(),
    }
}

fn numbers(dice: &mut Dice, out: &mut Map<String, Value>) {
    if dice.one_in(2) {
        out.insert("type".into(), dice.pick(&["number", "integer"]).into());
    }
    let limit = dice.pick(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]);
    out.insert(limit.into(), number(dice));
    if dice.one_in(3) {
        let divisor = dice.pick(&[
            json!(2),
            json!(0.1),
            json!(0.5),
            json!(3),
            json!(1.0),
            json!(0.01),
            json!(10),
        ]);
        out.insert("multipleOf".into(), divisor);
    }
}

fn texts(dice: &mut Dice, out: &mut Map<String, Value>) {
    if dice.one_in(2) {
        out.insert("type".into(), "string".into());
    }
    match dice.below(5) {
        0 => drop(out.insert("minLength".into(), dice.below(3).into())),
        1 => drop(out.insert("maxLength".into(), dice.below(3).into())),
        2 | 3 => drop(out.insert("pattern".into(), pattern(dice).into())),
        _ => {
            let formats = [
                "date",
                "email",
                "time",
                "json-pointer",
                "ipv6",
                "uint32",
                "uri-reference",
            ];
            out.insert("format".into(), dice.pick(&formats).into());
        }
    }
}

fn items(dice: &mut Dice, out: &mut Map<String, Value>, depth: usize) {
    if dice.one_in(2) {
        out.insert("type".into(), "array".into());
    }
    if dice.one_in(2) {
        out.insert("items".into(), schema(dice, depth));
    }
    match dice.below(6) {
        0 => {
            let prefix: Value = (0..1 + dice.below(2))
                .map(|_| schema(dice, depth))
                .collect();
            out.insert("prefixItems".into(), prefix);
        }
        1 | 2 => {
            out.insert("contains".into(), schema(dice, depth));
            if dice.one_in(2) {
                out.insert("minContains".into(), dice.below(3).into());
            }
            if dice.one_in(2) {
                out.insert("maxContains".into(), dice.below(3).into());
            }
        }
        3 => drop(out.insert("uniqueItems".into(), json!(true))),
        4 => drop(out.insert("minItems".into(), dice.below(3).into())),
        _ => drop(out.insert("maxItems".into(), dice.below(3).into())),
    }
}

fn members(dice: &mut Dice, out: &mut Map<String, Value>, depth: usize) {
    if dice.one_in(2) {
        out.insert("type".into(), "object".into());
    }
    let some = |dice: &mut Dice| -> Value {
        let names = (0..1 + dice.below(3)).map(|_| dice.pick(&NAMES));
        let names: Vec<_> = names.collect();
        names
            .into_iter()
            .map(|name| (name.to_owned(), schema(dice, depth)))
            .collect()
    };
    if !dice.one_in(4) {
        let known = some(dice);
        out.insert("properties".into(), known);
    }
    match dice.below(9) {
        0 => {
            let matched = json!({pattern(dice): schema(dice, depth)});
            out.insert("patternProperties".into(), matched);
        }
        1 => drop(out.insert("additionalProperties".into(), json!(false))),
        2 => drop(out.insert("additionalProperties".into(), schema(dice, depth))),
        3 => drop(out.insert("propertyNames".into(), schema(dice, 0))),
        4 => drop(out.insert("required".into(), json!([dice.pick(&NAMES)]))),
        5 => drop(out.insert(
            "dependentRequired".into(),
            json!({dice.pick(&NAMES): [dice.pick(&NAMES)]}),
        )),
        6 => {
            let dependent = some(dice);
            out.insert("dependentSchemas".into(), dependent);
        }
        7 => drop(out.insert("minProperties".into(), dice.below(3).into())),
        _ => drop(out.insert("maxProperties".into(), dice.below(3).into())),
    }
}

fn combined(dice: &mut Dice, out: &mut Map<String, Value>, depth: usize) {
    match dice.below(6) {
        0 => drop(out.insert("not".into(), schema(dice, depth))),
        1 => {
            for keyword in ["if", "then", "else"] {
                if !dice.one_in(4) {
                    out.insert(keyword.into(), schema(dice, depth));
                }
            }
        }
        other => {
            let branches: Value = (0..1 + dice.below(3))
                .map(|_| schema(dice, depth))
                .collect();
            let keyword = ["allOf", "anyOf", "oneOf", "oneOf"][other - 2];
            out.insert(keyword.into(), branches);
        }
    }
}

/// A value that was made to fit, as far as a glance at each keyword goes.
pub(super) fn fitting(dice: &mut Dice, schema: &Value, root: &Value, depth: usize) -> Value {
    let Some(rules) = schema.as_object().filter(|_| depth > 0 && !dice.one_in(24)) else {
        return value(dice, 1);
    };
    if let Some(one) = rules.get("const") {
        return one.clone();
    }
    if let Some(many) = rules.get("enum").and_then(Value::as_array) {
        return dice.pick(many);
    }
    let pointer = rules.get("$ref").and_then(Value::as_str);
    let pointer = pointer.map(|text| text.trim_start_matches('#').replace("%24", "$"));
    let target = pointer.and_then(|pointer| root.pointer(&pointer));
    let mut branches = ["oneOf", "anyOf", "allOf"].iter();
    let branches = branches.find_map(|keyword| rules.get(*keyword)?.as_array());
    let branch = branches.map(|branches| dice.pick(branches));
    let inner = target.or(branch.as_ref()).or_else(|| rules.get("then"));
    let inner = inner.map(|inner| fitting(dice, inner, root, depth - 1));
    let own = own(dice, rules, root, depth - 1);
    match (inner, own) {
        (Some(Value::Object(mut one)), Some(Value::Object(two))) => {
            one.extend(two);
            Value::Object(one)
        }
        (Some(inner), None) => inner,
        (_, Some(own)) => own,
        (None, None) => value(dice, 1),
    }
}

fn own(dice: &mut Dice, rules: &Map<String, Value>, root: &Value, depth: usize) -> Option<Value> {
    let has = |keywords: &[&str]| keywords.iter().any(|keyword| rules.contains_key(*keyword));
    let kind = match rules.get("type") {
        Some(Value::Array(kinds)) => dice.pick(kinds).as_str().map(str::to_owned),
        one => one.and_then(Value::as_str).map(str::to_owned),
    };
    let kind = kind.as_deref().or(match () {
        () if has(&[
            "properties",
            "required",
            "minProperties",
            "patternProperties",
            "additionalProperties",
        ]) =>
        {
            Some("object")
        }
        () if has(&[
            "items",
            "prefixItems",
            "contains",
            "minItems",
            "uniqueItems",
        ]) =>
        {
            Some("array")
        }
        () if has(&["minLength", "maxLength", "pattern", "format"]) => Some("string"),
        () if has(&[
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
        ]) =>
        {
            Some("number")
        }
        () => None,
    })?;
    Some(match kind {
        "object" => {
            let mut out = Map::new();
            let known = rules.get("properties").and_then(Value::as_object);
            for (name, schema) in known.into_iter().flatten() {
                if !dice.one_in(4) {
                    out.insert(name.clone(), fitting(dice, schema, root, depth));
                }
            }
            let required = rules.get("required").and_then(|names| names.get(0));
            let extra = required.and_then(Value::as_str).map(str::to_owned);
            let extra = extra.or_else(|| dice.one_in(3).then(|| dice.pick(&NAMES).to_owned()));
            if let Some(name) = extra.filter(|name| !out.contains_key(name)) {
                let rest = rules.get("additionalProperties").unwrap_or(&Value::Null);
                out.insert(name, fitting(dice, rest, root, depth));
            }
            Value::Object(out)
        }
        "array" => {
            let prefix = rules.get("prefixItems").and_then(Value::as_array);
            let prefix = prefix.into_iter().flatten();
            let rest = rules
                .get("contains")
                .or(rules.get("items"))
                .unwrap_or(&Value::Null);
            let count = dice.below(4);
            let schemas = prefix.chain(std::iter::repeat(rest)).take(count);
            schemas
                .map(|schema| fitting(dice, schema, root, depth))
                .collect()
        }
        "string" => text(dice).into(),
        "number" => number(dice),
        "integer" => dice.pick(&[json!(1), json!(2), json!(0), json!(10), json!(3.0)]),
        "boolean" => json!(dice.one_in(2)),
        _ => Value::Null,
    })
}
