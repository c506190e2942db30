//! `toolgate doctor`: finds mistakes in the settings of a program, from what it prints and from
//! outside.
//!
//! Start-up diagnoses the settings by itself, so [`program_checks`] only asks the program. What
//! can be seen from outside alone is checked by the code of `toolgate check`,
//! [`authorization_checks`] and [`public_address_checks`].

mod authorization_checks;
mod http_date;
mod mistakes;
mod program;
mod program_checks;
mod public_address_checks;
mod reference;
mod settings;

use std::{io, process::ExitCode, time::Duration};

use clap::Args;

use crate::{
    check_context::CheckContext,
    checks::{self, Family},
    exit,
    finding::{Finding, Section},
    http::Http,
    report::Report,
    report_args::ReportArgs,
    target::Target,
};

use program_checks::Declared;

/// The arguments of `toolgate doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// The program and its own arguments, after `--`. It runs in this folder and with this
    /// environment, so start the command as you start the server.
    #[arg(last = true, value_name = "PROGRAM", required_unless_present = "list")]
    program: Vec<String>,

    /// Seconds to wait for a response, at most 600.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    timeout: u64,

    #[command(flatten)]
    report: ReportArgs,
}

/// The families of this command's own checks.
static OWN: &[Family] = &[
    Family {
        name: "program",
        about: "What the program prints about itself.",
        checks: program_checks::CHECKS,
    },
    Family {
        name: "authorization",
        about: "Whether each authorization server of the settings fits the program.",
        checks: authorization_checks::CHECKS,
    },
    Family {
        name: "public",
        about: "The server at its public address. Needs the running server.",
        checks: public_address_checks::CHECKS,
    },
];

/// The families of `toolgate check` that depend on settings. The others look at the code of a
/// server, or need a token.
const SHARED: [&str; 5] = ["issuer", "challenge", "metadata", "cors", "host"];

/// Diagnoses a program, or prints the list of all checks.
pub(crate) async fn run(args: DoctorArgs) -> Result<ExitCode, String> {
    if args.report.list {
        let written = reference::write(&mut io::stdout().lock());
        return exit::after_output(written, ExitCode::SUCCESS);
    }
    let http = Http::new(Duration::from_secs(args.timeout))?;
    let (mut findings, declared) = program_checks::run(&args.program).await;
    let mut name = args.program.join(" ");
    match declared {
        Some(declared) => {
            name = format!("{name} at {}", declared.settings.resource);
            findings.extend(outside(http, &declared).await?);
        }
        None => findings.extend(skipped("the program printed no settings")),
    }
    // In the order of a repair: the program, its authorization servers, the public address.
    let mut families: Vec<_> = OWN.iter().collect();
    let (issuer, others): (Vec<_>, Vec<_>) = shared().partition(|one| one.name == "issuer");
    families.splice(1..1, issuer);
    families.extend(others);
    Report::new(&name, families, findings, &[]).print(args.report)
}

fn shared() -> impl Iterator<Item = &'static Family> {
    checks::MATRIX
        .iter()
        .filter(|family| SHARED.contains(&family.name))
}

/// Looks at the authorization servers and at the public address.
async fn outside(http: Http, declared: &Declared) -> Result<Vec<Finding>, String> {
    let target = Target::read(&declared.settings.resource)?;
    let mut context = CheckContext::new(http, target);
    if let Some(origin) = declared.settings.origins.first() {
        context.origin.clone_from(origin);
    }
    let (public, is_endpoint) = public_address_checks::run(&context, declared).await;
    let is_embedded = declared.settings.issuers.is_empty();
    let mut all = match is_embedded && !is_endpoint {
        true => authorization_checks::skipped(
            "the development issuer is a part of the server, which does not answer",
        ),
        false => authorization_checks::run(&mut context, declared).await,
    };
    all.extend(public);
    context.facts.metadata = None;
    if is_endpoint && context.find_refusal().await.is_ok() {
        all.extend(checks::challenge::run(&context).await);
        all.extend(checks::metadata::run(&mut context).await);
        all.extend(checks::cors::run(&context).await);
        all.extend(checks::host_and_origin::run(&context).await);
    } else {
        all.extend(remote_skipped("the public address is not the endpoint"));
    }
    Ok(all)
}

/// Returns all checks but those of the program as skipped.
fn skipped(reason: &str) -> Vec<Finding> {
    let mut all = authorization_checks::skipped(reason);
    all.extend(public_address_checks::skipped(reason));
    all.extend(remote_skipped(reason));
    all
}

/// Returns the checks of `toolgate check` at the public address as skipped.
fn remote_skipped(reason: &str) -> impl Iterator<Item = Finding> {
    let remote = shared().filter(|family| family.name != "issuer");
    remote.flat_map(move |family| Section::new(family.checks).close(reason))
}
