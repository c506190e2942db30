//! Random schemas and values.

use proptest::{prelude::*, test_runner::Config};
use serde_json::{Map, Value, json};

/// Sets the number of cases, unless the environment sets another.
pub(super) fn cases(usual: u32) -> Config {
    let usual = match std::env::var_os("PROPTEST_CASES") {
        Some(_) => Config::default(),
        None => Config::with_cases(usual),
    };
    Config {
        failure_persistence: None,
        ..usual
    }
}

/// A source of random bytes. Once it is used up it returns only zeros, which ends the
/// generation.
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

    pub(super) fn below(&mut self, sides: usize) -> usize {
        let byte = self.bytes.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        usize::from(byte) % sides
    }

    pub(super) fn one_in(&mut self, sides: usize) -> bool {
        self.below(sides) == sides - 1
    }

    pub(super) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

pub(super) const NAMES: [&str; 5] = ["a", "b", "ab", "c", "1"];

pub(super) fn number(dice: &mut Dice) -> Value {
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

pub(super) fn text(dice: &mut Dice) -> &'static str {
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

/// Generates a value.
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

/// Generates a document, with definitions that its schemas refer to.
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
