//! Standard output carries messages and nothing else.

use serde_json::json;

use crate::host::{Era, Host, command};

#[tokio::test]
async fn logs_and_panics_go_to_standard_error() {
    for format in ["text", "json"] {
        let mut command = command(&["host", "notes:read,notes:unknown"]);
        command
            .env("RUST_LOG", "trace")
            .env("TOOLGATE_LOG_FORMAT", format);
        let mut host = Host::spawn(Era::Session, &mut command);
        host.open().await;
        let failed = host.call("boom", json!({})).await;
        assert_eq!(failed["result"]["isError"], true, "{failed}");
        assert!(!failed.to_string().contains("goes the tool"), "{failed}");
        assert_eq!(host.text("read", json!({})).await, "a note");
        // `Host` has checked that every line is a message.
        let end = host.finish().await;
        assert!(end.is_success, "{end:?}");
        for told in [
            "boom goes the tool",
            "serving standard input and output",
            "notes serves host, with the scopes notes:read notes:unknown",
            "a scope that no item requires",
            "admitted",
        ] {
            assert!(end.stderr.contains(told), "{told}: {}", end.stderr);
        }
    }
}

#[tokio::test]
async fn each_decision_is_in_the_audit_log() {
    let mut host = Host::start(Era::Session, &["host", "notes:read"]).await;
    host.call("read", json!({})).await;
    host.call("write", json!({})).await;
    let end = host.finish().await;
    let line = |outcome: &str, target: &str| {
        end.stderr.lines().any(|line| {
            line.contains(outcome)
                && line.contains(&format!("item=\"{target}\""))
                && line.contains("issuer=\"local\"")
                && line.contains("subject=\"host\"")
        })
    };
    assert!(line("decision=\"admitted\"", "read"), "{}", end.stderr);
    assert!(
        line("decision=\"insufficient_scope\"", "write"),
        "{}",
        end.stderr
    );
}

#[tokio::test]
async fn a_caller_without_a_name_is_not_served() {
    for (caller, told) in [
        (&[][..], "the name of the local caller is empty"),
        (&["", "notes:read"], "the name of the local caller is empty"),
        (&["a\nb"], "the name of the local caller is empty"),
        (
            &["host", "notes read"],
            "\"notes read\", which is not a scope",
        ),
    ] {
        let host = Host::spawn(Era::Session, &mut command(caller));
        let end = host.end().await;
        assert!(!end.is_success && end.lines.is_empty(), "{end:?}");
        assert!(end.stderr.contains("the server cannot start"), "{end:?}");
        assert!(end.stderr.contains(told), "{end:?}");
    }
}

#[tokio::test]
async fn no_setting_of_http_matters() {
    let mut command = command(&["host", "notes:read"]);
    command
        .env("TOOLGATE_BIND", "nowhere")
        .env("TOOLGATE_RESOURCE", "no URL")
        .env("TOOLGATE_AUTHORIZATION_SERVERS", "http://issuer.invalid");
    let mut host = Host::spawn(Era::Session, &mut command);
    host.open().await;
    assert_eq!(host.text("read", json!({})).await, "a note");
}
