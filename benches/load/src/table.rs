//! The results, in the form in which they are published.

use std::{fmt::Write, fs, thread};

use crate::{Fault, say};

/// One row of the table.
pub(crate) struct Row {
    pub(crate) measure: &'static str,
    pub(crate) figures: String,
    pub(crate) result: String,
    pub(crate) target: &'static str,
    /// `None` if it is measured elsewhere, or not measured in this run.
    pub(crate) is_met: Option<bool>,
}

impl Row {
    /// Builds a row for a ratio that must not be below its target.
    pub(crate) fn ratio(
        measure: &'static str,
        figures: String,
        ratio: f64,
        target: &'static str,
        least: f64,
    ) -> Self {
        Self {
            measure,
            figures,
            result: match ratio < 0.1 {
                true => format!("{ratio:.4}"),
                false => format!("{ratio:.2}"),
            },
            target,
            is_met: Some(ratio >= least),
        }
    }

    /// Builds a row for a ratio that must not be above its target.
    pub(crate) fn at_most(
        measure: &'static str,
        figures: String,
        ratio: f64,
        target: &'static str,
        most: f64,
    ) -> Self {
        Self {
            is_met: Some(ratio <= most),
            ..Self::ratio(measure, figures, ratio, target, 0.0)
        }
    }

    /// Builds a row that another command measures.
    pub(crate) fn elsewhere(
        measure: &'static str,
        command: &'static str,
        target: &'static str,
    ) -> Self {
        Self {
            measure,
            figures: format!("`{command}`"),
            result: "–".to_owned(),
            target,
            is_met: None,
        }
    }
}

/// Prints the table.
pub(crate) fn print(rows: &[Row]) -> Result<(), Fault> {
    let mut text =
        String::from("\n| measure | figures | result | target | met |\n|---|---|---|---|---|\n");
    for row in rows {
        let met = match row.is_met {
            Some(true) => "yes",
            Some(false) => "no",
            None => "–",
        };
        let Row {
            measure,
            figures,
            result,
            target,
            ..
        } = row;
        writeln!(
            text,
            "| {measure} | {figures} | {result} | {target} | {met} |"
        )?;
    }
    say(&text)
}

/// Prints the machine's description.
pub(crate) fn print_machine() -> Result<(), Fault> {
    let file = |name| fs::read_to_string(name).unwrap_or_default();
    let model = file("/proc/cpuinfo");
    let model = model
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("an unknown processor", |rest| {
        rest.trim_start_matches([' ', '\t', ':'])
    });
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let load = file("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("?");
    say(&format!(
        "{model}, {processors} processors, load before the run {load}\n"
    ))?;
    if cfg!(debug_assertions) {
        say("This is not an optimised build: the figures mean nothing.\n")?;
    }
    Ok(())
}
