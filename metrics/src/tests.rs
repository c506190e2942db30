use super::*;

#[test]
fn a_run_is_counted_timed_and_no_longer_in_progress() {
    let metrics = Metrics::new("1");
    let decision = Decision {
        method: Some("tools/call"),
        item: Some(&"ping".into()),
        outcome: "admitted",
        reason: None,
        missing: &[],
        runs: true,
    };
    metrics.decided(&decision);
    assert!(
        metrics
            .text(&Reading::default())
            .contains("toolgate_runs_in_progress 1\n")
    );
    metrics.ended(
        "tools/call",
        &"ping".into(),
        "panic",
        Duration::from_millis(3),
    );
    let text = metrics.text(&Reading::default());
    for line in [
        r#"toolgate_build_info{version="1"} 1"#,
        r#"toolgate_decisions_total{method="tools/call",item="ping",outcome="admitted"} 1"#,
        r#"toolgate_runs_total{method="tools/call",item="ping",outcome="panic"} 1"#,
        r#"toolgate_run_duration_seconds_count{method="tools/call",item="ping"} 1"#,
        "toolgate_runs_in_progress 0",
        "toolgate_panics_total 1",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}: {text}");
    }
    assert!(text.ends_with("# EOF\n"), "{text}");
}

/// The metrics of a registered item are found in another way, and are the same.
#[test]
fn a_registered_name_and_a_copy_of_it_count_in_the_same_series() {
    let metrics = Metrics::new("1");
    let registered: Arc<str> = "ping".into();
    let other: Arc<str> = "pong".into();
    metrics.register_items([("tools/call", other), ("tools/call", registered.clone())]);
    let copy: Arc<str> = "ping".into();
    for (name, outcome) in [
        (&registered, "ran"),
        (&copy, "ran"),
        (&registered, "tool_error"),
    ] {
        metrics.decided(&Decision {
            method: Some("tools/call"),
            item: Some(name),
            outcome: "admitted",
            reason: None,
            missing: &[],
            runs: true,
        });
        metrics.ended("tools/call", name, outcome, Duration::from_millis(3));
    }
    // Another method runs nothing of the item.
    metrics.decided(&Decision {
        method: Some("resources/subscribe"),
        item: Some(&registered),
        outcome: "admitted",
        reason: None,
        missing: &[],
        runs: false,
    });
    let text = metrics.text(&Reading::default());
    for line in [
        r#"toolgate_decisions_total{method="tools/call",item="ping",outcome="admitted"} 3"#,
        r#"toolgate_decisions_total{method="resources/subscribe",item="ping",outcome="admitted"} 1"#,
        r#"toolgate_runs_total{method="tools/call",item="ping",outcome="ran"} 2"#,
        r#"toolgate_runs_total{method="tools/call",item="ping",outcome="tool_error"} 1"#,
        r#"toolgate_run_duration_seconds_count{method="tools/call",item="ping"} 3"#,
    ] {
        assert!(text.lines().any(|one| one == line), "{line}: {text}");
    }
    // An item that nobody has called has no series.
    assert!(!text.contains("pong"), "{text}");
}

#[test]
fn a_denial_names_each_missing_scope_and_the_audit_log_its_losses() {
    let metrics = Metrics::new("1");
    metrics.decided(&Decision {
        method: Some("tools/call"),
        item: None,
        outcome: "insufficient_scope",
        reason: Some("missing_scope"),
        missing: &["a:read", "a:write"],
        runs: false,
    });
    let audit = AuditState {
        records: 7,
        lost: 2,
        is_failing: true,
    };
    let text = metrics.text(&Reading {
        audit: Some(audit),
        ..Reading::default()
    });
    for line in [
        r#"toolgate_decisions_total{method="tools/call",item="other",outcome="insufficient_scope"} 1"#,
        r#"toolgate_denials_total{reason="missing_scope"} 1"#,
        r#"toolgate_missing_scopes_total{scope="a:read"} 1"#,
        r#"toolgate_missing_scopes_total{scope="a:write"} 1"#,
        "# TYPE toolgate_audit_records counter",
        "toolgate_audit_records_total 7",
        "# TYPE toolgate_audit_lost_records counter",
        "toolgate_audit_lost_records_total 2",
        "toolgate_audit_failing 1",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}: {text}");
    }
}

#[test]
fn a_verification_is_timed_and_counted_for_the_cache() {
    let metrics = Metrics::new("1");
    for (is_cached, kind) in [
        (Some(false), "signature"),
        (Some(true), "signature"),
        (Some(true), "signature"),
        (None, "custom"),
    ] {
        metrics.verified(&Verification {
            is_cached,
            kind,
            outcome: "accepted",
            duration: Duration::from_micros(30),
        });
    }
    let text = metrics.text(&Reading {
        sessions: 3,
        open_streams: 2,
        key_ages: vec![("https://i".to_owned(), Duration::from_millis(4_900))],
        ..Reading::default()
    });
    for line in [
        r#"toolgate_verification_seconds_count{cached="true",kind="signature",outcome="accepted"} 2"#,
        r#"toolgate_verification_seconds_count{cached="false",kind="custom",outcome="accepted"} 1"#,
        "toolgate_token_cache_hits_total 2",
        "toolgate_token_cache_misses_total 1",
        "toolgate_sessions 3",
        "toolgate_open_streams 2",
        r#"toolgate_key_age_seconds{issuer="https://i"} 4"#,
    ] {
        assert!(text.lines().any(|one| one == line), "{line}: {text}");
    }
}

#[test]
fn answers_of_a_decision_point_are_timed_by_their_outcome() {
    let metrics = Metrics::new("1");
    metrics.policy_asked("denied", Duration::from_millis(3));
    metrics.policy_asked("timed_out", Duration::from_secs(2));
    let text = metrics.text(&Reading::default());
    for line in [
        r#"toolgate_policy_seconds_count{outcome="denied"} 1"#,
        r#"toolgate_policy_seconds_count{outcome="timed_out"} 1"#,
    ] {
        assert!(text.lines().any(|one| one == line), "{line}: {text}");
    }
}
