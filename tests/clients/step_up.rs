//! A call without the required scope, a second consent, and the same call again.

use support::client::Revision;

use crate::{REVISIONS, logged_in, shown, start_protected_server, stepped_up};

#[tokio::test]
async fn a_client_steps_up_twice_in_one_session() {
    for revision in REVISIONS {
        let (running, runs, _) = start_protected_server().await;
        let application = logged_in(&running, revision, &[]).await;
        assert_eq!(application.call_text("whoami").await, "developer with ");

        let challenge = application.refused("read").await;
        assert!(challenge.contains("scope=\"desk:read\""), "{challenge}");
        stepped_up(&application, &challenge).await;
        assert_eq!(application.granted().await, ["desk:read"]);
        assert_eq!(application.call_text("read").await, "read ran");

        // One challenge names the required scopes and those already granted.
        let challenge = application.refused("rewrite").await;
        assert!(
            challenge.contains("scope=\"desk:read desk:write\""),
            "{challenge}"
        );
        let url = application.begin_step_up(&challenge).await;
        let (browser, page) = shown(&url).await;
        assert!(page.text().contains("do more"), "{}", page.text());
        let choices = page.choices();
        let seen: Vec<_> = choices
            .iter()
            .map(|one| (one.value.as_str(), one.group.as_str(), one.is_new()))
            .collect();
        assert_eq!(
            seen,
            [
                ("desk:write", "It asks for more", true),
                ("desk:read", "You allowed before", false),
                ("offline_access", "You allowed before", false),
            ]
        );
        let answer = browser.press(&page, "allow").await;
        application.end_step_up(&answer).await;
        assert_eq!(application.granted().await, ["desk:read", "desk:write"]);
        assert_eq!(application.call_text("rewrite").await, "rewrite ran");

        // `start_tool_server:write` is one of two scopes that suffice, so no step-up is needed.
        assert_eq!(application.call_text("purge").await, "purge ran");
        assert_eq!(runs.all(), ["whoami", "read", "rewrite", "purge"]);

        let tries = ["read", "read", "rewrite", "rewrite"];
        let sent = [
            application.wire().sent_as("read"),
            application.wire().sent_as("rewrite"),
        ]
        .concat();
        let names: Vec<_> = sent.iter().map(|sent| sent.what.as_str()).collect();
        assert_eq!(names, tries, "{sent:?}");
        assert!(
            sent.iter().all(|one| one.session == sent[0].session),
            "{revision:?} {sent:?}"
        );
        assert_eq!(sent[0].session.is_some(), revision != Revision::Stateless);
        assert_ne!(sent[0].token, sent[1].token);
        assert_ne!(sent[1].token, sent[3].token);
    }
}

#[tokio::test]
async fn a_user_who_denies_a_step_up_keeps_the_earlier_scopes() {
    for revision in REVISIONS {
        let (running, runs, _) = start_protected_server().await;
        let application = logged_in(&running, revision, &["desk:read"]).await;
        let challenge = application.refused("write").await;
        let url = application.begin_step_up(&challenge).await;
        let (browser, page) = shown(&url).await;
        let answer = browser.press(&page, "deny").await;
        assert!(answer.leads_to().contains("error=access_denied"));
        assert_eq!(application.call_text("read").await, "read ran");
        application.refused("write").await;
        assert_eq!(runs.all(), ["read"], "{revision:?}");
    }
}
