//! What the program prints about itself. Its own start-up diagnoses the settings; these checks
//! do not repeat it.

use serde_json::{Map, Value};

use crate::{
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Note, Warn},
        count,
    },
    json_memory_limit, target,
};

use super::{
    program::{self, Printed},
    settings::Settings,
};

static RUNS: Check = Check::new(
    "program.runs",
    Fail,
    "The program starts, and prints within 10 seconds.",
    "`toolgate::cli`",
    "Build the program, and name its file and its own arguments after `--`. Its `main` must hand over to `toolgate::cli` before it opens anything.",
);
static SETTINGS: Check = Check::new(
    "program.settings",
    Fail,
    "The program finds no error in its settings.",
    "`--print-config`",
    "Do what the program says: it names each variable, what was expected and the remedy.",
);
static FORM: Check = Check::new(
    "program.form",
    Fail,
    "`--print-config --json` prints settings in the form that this command reads.",
    "`toolgate::cli`",
    "Call `toolgate::cli::run` in `main`, and build the program with the same version of Toolgate as this command.",
);
static METADATA: Check = Check::new(
    "program.metadata",
    Fail,
    "`--print-metadata` and `--print-scopes` print what the server declares.",
    "RFC 9728 §2",
    "Do what the program says.",
);
static WARNINGS: Check = Check::new(
    "program.warnings",
    Warn,
    "The program prints no warning.",
    "`--print-config`",
    "Do what each warning says, or accept it.",
);
static ISSUER: Check = Check::new(
    "program.issuer",
    Note,
    "An authorization server is configured.",
    "the development issuer accepts any user name, and runs on loopback only",
    "Set TOOLGATE_AUTHORIZATION_SERVERS before others use the server.",
);
static STATE_KEY: Check = Check::new(
    "program.state_key",
    Note,
    "A server with a public address has a state key.",
    "a call that waits for an answer cannot continue at another replica or after a restart",
    "Set TOOLGATE_STATE_KEY to 32 random bytes in base64 (`openssl rand -base64 32`), the same for every replica.",
);

pub(super) static CHECKS: &[&Check] = &[
    &RUNS, &SETTINGS, &FORM, &METADATA, &WARNINGS, &ISSUER, &STATE_KEY,
];

/// What the program declares.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) settings: Settings,
    pub(super) metadata: Map<String, Value>,
    pub(super) scopes: Vec<String>,
}

/// Runs the program. Returns what it declares, if it can be read.
pub(super) async fn run(program: &[String]) -> (Vec<Finding>, Option<Declared>) {
    let mut section = Section::new(CHECKS);
    let declared = declared(program, &mut section).await;
    (section.close("the program printed no settings"), declared)
}

async fn declared(program: &[String], section: &mut Section) -> Option<Declared> {
    let printed = match program::run(program, &["--print-config", "--json"]).await {
        Ok(printed) => printed,
        Err(error) => {
            section.record(&RUNS, Err(error));
            return None;
        }
    };
    section.record(&RUNS, Ok("it does".to_owned()));
    if !printed.is_success {
        // An older Toolgate does not know `--json`.
        let check = match printed.errors.starts_with("unknown arguments") {
            true => &FORM,
            false => &SETTINGS,
        };
        section.record(check, Err(said(&printed)));
        return None;
    }
    section.record(&SETTINGS, Ok("none".to_owned()));
    let settings = match Settings::read(&printed.out) {
        Ok(settings) => settings,
        Err(error) => {
            section.record(&FORM, Err(error));
            return None;
        }
    };
    section.record(&FORM, Ok("version 1".to_owned()));
    section.record(
        &WARNINGS,
        match settings.warnings.is_empty() {
            true => Ok("none".to_owned()),
            false => Err(settings.warnings.join("; ")),
        },
    );
    section.record(
        &ISSUER,
        match (
            settings.issuers.is_empty(),
            settings.may_issue_for_development,
        ) {
            (true, true) => Err("the development issuer is used".to_owned()),
            (true, false) => Ok("no item needs a token".to_owned()),
            (false, _) => Ok(settings.issuers.join(", ")),
        },
    );
    let is_public = url::Url::parse(&settings.resource).is_ok_and(|url| !target::is_loopback(&url));
    section.record(
        &STATE_KEY,
        match (settings.has_state_key, is_public) {
            (true, _) => Ok("set".to_owned()),
            (false, true) => Err("not set".to_owned()),
            (false, false) => Ok("not set, and the resource is on loopback".to_owned()),
        },
    );
    match metadata_and_scopes(program).await {
        Ok((metadata, scopes)) => {
            section.record(&METADATA, Ok(count(scopes.len(), "scope")));
            Some(Declared {
                settings,
                metadata,
                scopes,
            })
        }
        Err(error) => {
            section.record(&METADATA, Err(error));
            None
        }
    }
}

async fn metadata_and_scopes(
    program: &[String],
) -> Result<(Map<String, Value>, Vec<String>), String> {
    let printed = program::run(program, &["--print-metadata"]).await?;
    if !printed.is_success {
        return Err(said(&printed));
    }
    let metadata = json_memory_limit::read(printed.out.as_bytes());
    let metadata = metadata.ok_or("`--print-metadata` does not print a JSON object")?;
    let printed = program::run(program, &["--print-scopes"]).await?;
    if !printed.is_success {
        return Err(said(&printed));
    }
    let scopes = printed.out.lines().map(str::to_owned).collect();
    Ok((metadata, scopes))
}

fn said(printed: &Printed) -> String {
    let lines = printed.errors.lines().map(str::trim);
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    match lines.is_empty() {
        true => "the program failed without a message".to_owned(),
        false => lines.join(" "),
    }
}
