//! Calls per second, compared with the same work without Toolgate.

use super::take_turns::{ComparedServer, Results, compare};
use crate::{Fault, options::Options, stage::Stage, table::Row};

const PROTECTED: &str = "Toolgate, protected, warm token";

/// Stateless calls.
pub(super) fn calls(stage: &Stage, options: &Options) -> Result<[Row; 2], Fault> {
    let targets = &stage.targets;
    let compared_servers = [
        ComparedServer {
            name: PROTECTED,
            process: &stage.protected,
            target: &targets.protected_call,
        },
        ComparedServer {
            name: "rmcp, unprotected",
            process: &stage.unprotected,
            target: &targets.unprotected_call,
        },
        ComparedServer {
            name: "bare axum handler, equal bytes",
            process: &stage.bare,
            target: &targets.bare_call,
        },
        ComparedServer {
            name: "Toolgate, public tool, no token",
            process: &stage.open,
            target: &targets.open_call,
        },
        ComparedServer {
            name: "rmcp, hand-written JWT layer",
            process: &stage.handwritten,
            target: &targets.handwritten_call,
        },
    ];
    let results = compare("tools/call, stateless", compared_servers, options)?;
    let [ours, rmcp, bare, ..] = &results;
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
    let compared_servers = [
        ComparedServer {
            name: PROTECTED,
            process: &stage.protected,
            target: &targets.protected_session,
        },
        ComparedServer {
            name: "rmcp's session service, unprotected",
            process: &stage.unprotected,
            target: &targets.unprotected_session,
        },
        ComparedServer {
            name: "the same without TCP_NODELAY",
            process: &stage.without_nodelay,
            target: &targets.session_without_nodelay,
        },
    ];
    let results = compare("tools/call, in a session", compared_servers, options)?;
    let [ours, rmcp, _] = &results;
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
    let compared_servers = [
        ComparedServer {
            name: PROTECTED,
            process: &stage.sessionless,
            target: &targets.sessionless_call,
        },
        ComparedServer {
            name: "rmcp, unprotected",
            process: &stage.unprotected,
            target: &targets.unprotected_sessionless_call,
        },
    ];
    let results = compare(
        "tools/call of 2025-11-25, without sessions",
        compared_servers,
        options,
    )?;
    let [ours, rmcp] = &results;
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
        let compared_servers = [
            ComparedServer {
                name,
                process: &stage.protected,
                target: ours,
            },
            ComparedServer {
                name: "bare axum handler, equal bytes",
                process: &stage.bare,
                target: bare,
            },
        ];
        compare(title, compared_servers, options)
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
    let compared_servers = [
        ComparedServer {
            name: "Toolgate, 100 tools",
            process: &stage.hundred,
            target: &stage.targets.list,
        },
        ComparedServer {
            name: "bare axum handler, equal bytes",
            process: &stage.bare,
            target: &stage.targets.bare_list,
        },
    ];
    let results = compare("tools/list of 100 tools", compared_servers, options)?;
    let [ours, bare] = &results;
    Ok(Row::ratio(
        "`tools/list` of 100 tools, against a handler returning the same bytes",
        figures(ours, bare),
        ours.ratio_to(bare),
        "≥ 0.7",
        0.7,
    ))
}

fn figures(ours: &Results, theirs: &Results) -> String {
    format!("{:.0} and {:.0} calls/s", ours.rate(), theirs.rate())
}
