//! Calls per second, compared with the same work without Toolgate.

use super::contest::{Contestant, Score, contest};
use crate::{Fault, options::Options, stage::Stage, table::Row};

const PROTECTED: &str = "Toolgate, protected, warm token";

/// Stateless calls.
pub(super) fn calls(stage: &Stage, options: &Options) -> Result<[Row; 2], Fault> {
    let targets = &stage.targets;
    let contestants = [
        Contestant {
            name: PROTECTED,
            process: &stage.protected,
            target: &targets.protected_call,
        },
        Contestant {
            name: "rmcp, unprotected",
            process: &stage.unprotected,
            target: &targets.unprotected_call,
        },
        Contestant {
            name: "bare axum handler, equal bytes",
            process: &stage.bare,
            target: &targets.bare_call,
        },
        Contestant {
            name: "Toolgate, public tool, no token",
            process: &stage.open,
            target: &targets.open_call,
        },
        Contestant {
            name: "rmcp, hand-written JWT layer",
            process: &stage.handwritten,
            target: &targets.handwritten_call,
        },
    ];
    let scores = contest("tools/call, stateless", contestants, options)?;
    let [ours, rmcp, bare, ..] = &scores;
    Ok([
        Row::ratio(
            "protected stateless call, warm token, against **unprotected** rmcp doing the same",
            figures(ours, rmcp),
            ours.ratio_to(rmcp),
            "≥ 2.0",
            2.0,
        ),
        Row::ratio(
            "the same against a bare axum handler that returns equal bytes",
            figures(ours, bare),
            ours.ratio_to(bare),
            "≥ 0.5",
            0.5,
        ),
    ])
}

/// Calls in a session.
pub(super) fn sessions(stage: &Stage, options: &Options) -> Result<Row, Fault> {
    let targets = &stage.targets;
    let contestants = [
        Contestant {
            name: PROTECTED,
            process: &stage.protected,
            target: &targets.protected_session,
        },
        Contestant {
            name: "rmcp's session service, unprotected",
            process: &stage.unprotected,
            target: &targets.unprotected_session,
        },
        Contestant {
            name: "the same without TCP_NODELAY",
            process: &stage.without_nodelay,
            target: &targets.session_without_nodelay,
        },
    ];
    let scores = contest("tools/call, in a session", contestants, options)?;
    let [ours, rmcp, _] = &scores;
    Ok(Row::ratio(
        "protected call in a session, against rmcp's own session service, unprotected, with `TCP_NODELAY`",
        figures(ours, rmcp),
        ours.ratio_to(rmcp),
        "≥ 0.95",
        0.95,
    ))
}

/// Calls of an older revision without a session.
pub(super) fn sessionless(stage: &Stage, options: &Options) -> Result<Row, Fault> {
    let targets = &stage.targets;
    let contestants = [
        Contestant {
            name: PROTECTED,
            process: &stage.sessionless,
            target: &targets.sessionless_call,
        },
        Contestant {
            name: "rmcp, unprotected",
            process: &stage.unprotected,
            target: &targets.unprotected_sessionless_call,
        },
    ];
    let scores = contest(
        "tools/call of 2025-11-25, without sessions",
        contestants,
        options,
    )?;
    let [ours, rmcp] = &scores;
    Ok(Row::ratio(
        "protected call of 2025-11-25 without sessions, against **unprotected** rmcp doing the same",
        figures(ours, rmcp),
        ours.ratio_to(rmcp),
        "≥ 2.0",
        2.0,
    ))
}

/// Refused calls, which run no tool.
pub(super) fn refusals(stage: &Stage, options: &Options) -> Result<[Row; 2], Fault> {
    let targets = &stage.targets;
    let against_bare = |title, name, ours, bare| {
        let contestants = [
            Contestant {
                name,
                process: &stage.protected,
                target: ours,
            },
            Contestant {
                name: "bare axum handler, equal bytes",
                process: &stage.bare,
                target: bare,
            },
        ];
        contest(title, contestants, options)
    };
    let [ours, bare] = against_bare(
        "tools/call without a token",
        "Toolgate, 401",
        &targets.no_token,
        &targets.bare_no_token,
    )?;
    let no_token = Row::ratio(
        "401 without a token, against the bare handler",
        figures(&ours, &bare),
        ours.ratio_to(&bare),
        "≥ 0.8",
        0.8,
    );
    let [ours, bare] = against_bare(
        "tools/call without the scope",
        "Toolgate, 403",
        &targets.no_scope,
        &targets.bare_no_scope,
    )?;
    let no_scope = Row::ratio(
        "403 for a scope, against the bare handler",
        figures(&ours, &bare),
        ours.ratio_to(&bare),
        "≥ 0.8",
        0.8,
    );
    Ok([no_token, no_scope])
}

/// Lists of a hundred tools.
pub(super) fn lists(stage: &Stage, options: &Options) -> Result<Row, Fault> {
    let contestants = [
        Contestant {
            name: "Toolgate, 100 tools",
            process: &stage.hundred,
            target: &stage.targets.list,
        },
        Contestant {
            name: "bare axum handler, equal bytes",
            process: &stage.bare,
            target: &stage.targets.bare_list,
        },
    ];
    let scores = contest("tools/list of 100 tools", contestants, options)?;
    let [ours, bare] = &scores;
    Ok(Row::ratio(
        "`tools/list` of 100 tools, against a handler returning the same bytes",
        figures(ours, bare),
        ours.ratio_to(bare),
        "≥ 0.7",
        0.7,
    ))
}

fn figures(ours: &Score, theirs: &Score) -> String {
    format!("{:.0} and {:.0} calls/s", ours.rate(), theirs.rate())
}
