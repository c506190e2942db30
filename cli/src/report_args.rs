//! [`ReportArgs`]: the arguments of every command that prints a report.

use clap::Args;

/// How a command prints its report.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ReportArgs {
    /// Print the report as JSON; `toolgate check` prints the list of `--list` as JSON, too.
    #[arg(long)]
    pub(crate) json: bool,

    /// Exit with 1 on warnings too.
    #[arg(long)]
    pub(crate) strict: bool,

    /// Print the list of all checks as Markdown, and exit.
    #[arg(long)]
    pub(crate) list: bool,
}
