use super::*;

fn value(text: &str) -> String {
    parse(text).unwrap().values.remove("A").unwrap()
}

#[test]
fn an_unquoted_value_is_taken_as_it_stands() {
    for (text, expected) in [
        ("A=b", "b"),
        ("  A = b  ", "b"),
        ("export A=b", "b"),
        ("A=b\r\n", "b"),
        ("\u{feff}A=b", "b"),
        ("A=", ""),
        ("A= # nothing", ""),
        ("A=b # comment", "b"),
        ("A=b#c", "b#c"),
        ("A=b=c==", "b=c=="),
        ("A=sk_$HOME\\n", "sk_$HOME\\n"),
        (
            r#"A={"resource": "http://localhost:10000/mcp/", "scopes_supported": ["news:read"]}"#,
            r#"{"resource": "http://localhost:10000/mcp/", "scopes_supported": ["news:read"]}"#,
        ),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn a_quoted_value_may_hold_anything() {
    for (text, expected) in [
        ("A='b # $c \"d\" \\n' # comment", "b # $c \"d\" \\n"),
        (r#"A="b\n\t\"c\" \\ \$d \x""#, "b\n\t\"c\" \\ $d \\x"),
        ("A='{\n \"a\": 1\n}'\nB=2", "{\n \"a\": 1\n}"),
        ("A=\"ü\"", "ü"),
        ("A=''", ""),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
    let two = parse("A='{\n}'  # end\nB=2\n").unwrap();
    assert_eq!(two.values["B"], "2");
}

#[test]
fn every_broken_line_is_reported_by_its_number_and_not_by_its_text() {
    let text = "# fine\nA=b\ngeheim\nB='one\ntwo'\n1C=geheim\nD='x' geheim\nE=\"geheim\n";
    let broken = parse(text).unwrap_err();
    let lines: Vec<_> = broken.iter().map(|broken| broken.line).collect();
    assert_eq!(lines, [3, 6, 7, 8]);
    assert!(!format!("{broken:?}").contains("geheim"));
}

#[test]
fn the_last_of_repeated_names_counts_and_is_reported() {
    let contents = parse("A=1\nB=2\nA=3\n").unwrap();
    assert_eq!(contents.values["A"], "3");
    assert_eq!(contents.repeated, ["A"]);
}

#[test]
fn comments_and_blank_lines_are_nothing() {
    assert_eq!(parse("\n  # a=b\n\t\r\n"), Ok(Contents::default()));
    assert_eq!(parse(""), Ok(Contents::default()));
}
