//! The shortest run of the load program: all servers respond, and respond alike. The figures
//! are not checked: they depend on the load of the machine.
#![cfg(target_os = "linux")]

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_toolgate-load"));
    program.args(arguments).output().expect("it starts")
}

/// Returns the rows of the table, split into cells.
fn rows(output: &Output) -> Vec<Vec<String>> {
    let text = String::from_utf8_lossy(&output.stdout);
    let rows = text.lines().filter(|line| line.starts_with("| ")).skip(1);
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().to_owned()).collect();
    rows.map(cells).collect()
}

#[test]
fn a_short_run_measures_every_row_and_finds_equal_answers() {
    let output = run(&["--quick", "--connections", "4", "--tokens", "20"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let rows = rows(&output);
    assert_eq!(rows.len(), 23, "{rows:?}");
    let measured = rows.iter().filter(|row| row[5] != "–").count();
    assert_eq!(measured, 18, "{rows:?}");
    for row in rows.iter().filter(|row| row[5] != "–") {
        let figure = row[3].split(' ').next().and_then(|text| text.parse().ok());
        assert!(figure.is_some_and(|figure: f64| figure > 0.0), "{row:?}");
    }
}

#[test]
fn a_server_that_is_not_there_is_an_error() {
    let output = run(&["serve", "nobody"]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("no such server"), "{said}");
}
