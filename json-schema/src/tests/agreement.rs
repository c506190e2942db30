//! Compares our result with that of another implementation.

use std::cell::Cell;

use jsonschema::{Draft, PatternOptions, Validator};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::Value;

use super::{
    fitting::fitting,
    generated::{Dice, cases, dice, document, value},
};
use crate::Schema;

/// Builds the other implementation, configured to check what we check.
pub(super) fn theirs(schema: &Value) -> Result<Validator, String> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(false)
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .map_err(|error| error.to_string())
}

/// Intentional differences.
fn is_excluded(schema: &str, instance: &str) -> bool {
    // 1e300 is not a multiple of 3 in decimals; the other implementation divides its binary
    // value.
    schema.contains("multipleOf") && instance.contains("e+300")
}

#[test]
fn agrees_with_another_implementation() {
    let mut runner = TestRunner::new(cases(1_000));
    // Counts: schemas, compiled schemas, values, valid values, and schemas that had both
    // valid and invalid values.
    let [schemas, compiled, values, right, both] = [const { Cell::new(0_u32) }; 5];
    let add = |counter: &Cell<u32>| counter.set(counter.get() + 1);
    let result = runner.run(&dice(), |bytes| {
        let mut dice = Dice::new(bytes);
        let schema = document(&mut dice);
        add(&schemas);
        let Ok(ours) = Schema::compile(schema.as_object().unwrap()) else {
            // It contains itself: there is no result to compare.
            return Ok(());
        };
        add(&compiled);
        let theirs = theirs(&schema).map_err(TestCaseError::fail)?;
        let mut verdicts = [false; 2];
        for number in 0..12 {
            let instance = match number {
                0 => value(&mut dice, 2),
                _ => fitting(&mut dice, &schema, &schema, 5),
            };
            if is_excluded(&schema.to_string(), &instance.to_string()) {
                continue;
            }
            let is_valid = ours.is_valid(&instance);
            prop_assert_eq!(
                is_valid,
                theirs.is_valid(&instance),
                "{} {}",
                &schema,
                instance
            );
            prop_assert_eq!(
                is_valid,
                ours.errors(&instance, 9).is_empty(),
                "{} {}",
                &schema,
                instance
            );
            add(&values);
            verdicts[usize::from(is_valid)] = true;
            if is_valid {
                add(&right);
            }
        }
        if verdicts == [true; 2] {
            add(&both);
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let [schemas, compiled, values, right, both] =
        [schemas, compiled, values, right, both].map(Cell::into_inner);
    let figures = format!(
        "{schemas} schemas, {compiled} compiled, {both} with both results; {values} values, {right} valid"
    );
    // Seen with `--nocapture`.
    std::io::Write::write_all(&mut std::io::stderr(), format!("{figures}\n").as_bytes()).unwrap();
    // Without both results, and without schemas that have both, this would prove nothing.
    assert!(compiled * 10 > schemas * 8, "{figures}");
    assert!(
        right * 10 > values * 2 && right * 10 < values * 8,
        "{figures}"
    );
    assert!(both * 10 > compiled * 2, "{figures}");
}
