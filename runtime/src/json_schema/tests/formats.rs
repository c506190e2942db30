//! Compares the check of every format with another implementation.

use proptest::{prelude::*, sample::select, test_runner::TestRunner};
use serde_json::{Value, json};

use super::{agreement::theirs, compile, generated::cases};
use crate::json_schema::format::CHECKED;

/// Texts of the format, to be mutated.
fn seeds(format: &str) -> &'static [&'static str] {
    match format {
        "date-time" => &[
            "2024-02-29T23:59:60Z",
            "1999-12-31t15:59:60.123-08:00",
            "2026-11-27T13:36:39+05:30",
        ],
        "date" => &["2024-02-29", "2023-02-29", "1900-02-28", "2026-11-30"],
        "time" => &[
            "23:59:60Z",
            "00:29:60+00:30",
            "13:36:39.5-08:00",
            "12:00:00z",
        ],
        "duration" => &["P1Y2M3DT4H5M6S", "P3W", "PT1H2M", "P1Y", "PT5S"],
        "email" => &[
            "a.b+c@example.com",
            "\"a b\"@example.com",
            "a@[127.0.0.1]",
            "a@[IPv6:::1]",
        ],
        "hostname" => &["example.com", "a-b.c3.example", "1.2.3.4"],
        "ipv4" => &["127.0.0.1", "255.255.255.255", "1.2.3.04"],
        "ipv6" => &["2001:db8::7", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8", "::"],
        "uri" | "uri-reference" => &[
            "https://u:p@example.com:80/a/b?c=d#e",
            "urn:a:b",
            "http://[::1]:8/%41",
            "//a/b",
            "a/b:c?d",
            "../a#b",
        ],
        "uuid" => &["00112233-4455-6677-8899-aabbccddeeff"],
        "json-pointer" => &["", "/a/b~0c~1", "/", "/0/\u{e4}"],
        other => panic!("no seeds for {other}"),
    }
}

/// A text with characters inserted, removed and changed.
fn texts(format: &str) -> impl Strategy<Value = String> + use<> {
    let characters = select(
        "0123456789abcdefFTZtz-+:./?#@[]%~\"\\ _!{}()*|$\u{e4}^,;=&'<>PYMDWHSx"
            .chars()
            .collect::<Vec<_>>(),
    );
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8, characters), 0..4);
    let random = prop::string::string_regex("[ -~\u{e4}]{0,12}").unwrap();
    let changed = (select(seeds(format)), edits).prop_map(|(seed, edits)| {
        let mut text: Vec<char> = seed.chars().collect();
        for (at, what, character) in edits {
            let at = at.index(text.len() + 1);
            match what {
                0 => text.insert(at, character),
                1 if at < text.len() => text[at] = character,
                _ if at < text.len() => drop(text.remove(at)),
                _ => {}
            }
        }
        text.into_iter().collect()
    });
    prop_oneof![9 => changed, 1 => random]
}

/// Intentional differences.
fn is_excluded(format: &str, text: &str) -> bool {
    let has_third_and_fourth_hyphen = || {
        text.split(['.', '@'])
            .any(|label| label.get(2..4) == Some("--"))
    };
    match format {
        // The other implementation checks A-labels by the rules of IDNA; RFC 1123 has none.
        "hostname" => has_third_and_fourth_hyphen(),
        // As for hostnames; also, RFC 5321 §4.1.2 allows `<` in a quoted local part, and
        // any character after `\`.
        "email" => {
            has_third_and_fourth_hyphen() || text.starts_with('"') && text.contains(['<', '\\'])
        }
        // Ours accepts what our engine supports, without look-around and similar features.
        "regex" => true,
        _ => false,
    }
}

#[test]
fn the_plain_ones_are_told_apart() {
    for (format, right, wrong) in [
        (
            "uuid",
            "00112233-4455-6677-8899-AAbbccddeeff",
            "00112233445566778899aabbccddeeff",
        ),
        (
            "uuid",
            "00000000-0000-0000-0000-000000000000",
            "0011223-34455-6677-8899-aabbccddeeff",
        ),
        ("ipv4", "10.0.0.1", "10.0.0.01"),
        ("ipv6", "::1", "::1%eth0"),
        ("json-pointer", "/a~1b//~0", "a"),
        ("json-pointer", "", "/~2"),
        ("regex", "^[a-z]+(?:b|c)$", "(a"),
    ] {
        let schema = compile(&json!({"format": format}));
        assert!(schema.is_valid(&json!(right)), "{format} {right}");
        assert!(!schema.is_valid(&json!(wrong)), "{format} {wrong}");
        assert!(schema.is_valid(&json!(1)), "{format}");
    }
}

#[test]
fn agree_with_another_implementation() {
    let names = CHECKED.iter().map(|format| format.name());
    for format in names.filter(|name| !is_excluded(name, "")) {
        let schema = json!({"format": format});
        let (ours, theirs) = (compile(&schema), theirs(&schema).unwrap());
        let mut runner = TestRunner::new(cases(1_000));
        let counted = std::cell::Cell::new((0_u32, 0_u32));
        let result = runner.run(&texts(format), |text| {
            if is_excluded(format, &text) {
                return Ok(());
            }
            let value = Value::from(text);
            let is_valid = ours.is_valid(&value);
            let (right, all) = counted.get();
            counted.set((right + u32::from(is_valid), all + 1));
            prop_assert_eq!(is_valid, theirs.is_valid(&value), "{} {}", format, value);
            Ok(())
        });
        if let Err(error) = result {
            panic!("{format}: {error}");
        }
        let (right, all) = counted.get();
        // Without both results, an agreement would prove nothing.
        assert!(
            right * 20 > all && right * 20 < all * 19,
            "{format}: {right} of {all}"
        );
    }
}
