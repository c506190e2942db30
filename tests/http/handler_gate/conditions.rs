//! Roles and logins in front of a handler that is written with rmcp.

use support::guarded_items::{self, Login, MFA};

use super::*;

fn guarded() -> HandlerGateBuilder {
    HandlerGate::builder("ledger")
        .without_banner()
        .tool("read", access!(scope = "ledger:read", role = "editor"))
        .tool(
            "write",
            access!(
                scope = "ledger:read",
                acr = ["urn:example:mfa"],
                max_age = 300
            ),
        )
        .tool(
            "ping",
            access!(authenticated, any_role = ["owner", ["a", "b"]]),
        )
        .tool("audit", access!(refused))
        .prompt("sum", access!(authenticated, role = "editor"))
        .prompt("review", access!(refused))
        .resource("ledger://closed", access!(refused))
        .resource("ledger://open", access!(authenticated, role = "editor"))
        .resource(RmcpHandler::TEMPLATE, access!(authenticated, max_age = 300))
        .with_visibility(Visibility::Granted)
        .with_verifier(UnsignedVerifier)
}

async fn client(mounted: &Mounted, revision: Revision, roles: &[&str], login: Login<'_>) -> Client {
    let token = guarded_items::token(&mounted.resource, "ledger:read", roles, login);
    let mut client = Client::new(&mounted.resource, revision).with_token(token);
    client.open().await;
    client
}

#[tokio::test]
async fn a_handler_gets_what_its_caller_has_the_role_and_the_login_for() {
    let mounted = Mounted::gated(guarded()).await;
    for revision in BOTH {
        let weak = client(&mounted, revision, &["a"], None).await;
        mounted.runs.forget();
        for (tool, status, error) in [
            ("read", 403, None),
            ("write", 401, Some("insufficient_user_authentication")),
            ("ping", 403, None),
        ] {
            let answer = weak.call(tool, json!({})).await;
            assert_eq!(answer.status, status, "{revision:?} {tool} {answer:?}");
            let challenge = answer.challenge();
            let found = challenge.as_ref().and_then(|one| one.get("error"));
            assert_eq!(found, error, "{tool} {answer:?}");
        }
        let answer = weak.request("prompts/get", json!({"name": "sum"})).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        let answer = weak
            .request("resources/read", json!({"uri": "ledger://open"}))
            .await;
        assert_eq!(answer.status, 403, "{answer:?}");
        assert_eq!(mounted.runs.all(), [""; 0], "{revision:?}");

        let strong = client(&mounted, revision, &["editor", "owner"], Some((MFA, 5))).await;
        for tool in ["read", "write", "ping"] {
            let answer = strong.call(tool, json!({})).await;
            assert_eq!(answer.status, 200, "{revision:?} {tool} {answer:?}");
        }
        let answer = strong.request("prompts/get", json!({"name": "sum"})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[tokio::test]
async fn a_handlers_lists_leave_out_what_needs_another_role() {
    let mounted = Mounted::gated(guarded()).await;
    for revision in BOTH {
        for (roles, tools, prompts) in [
            (&["a"][..], &["write"][..], &[][..]),
            (&["editor"], &["read", "write"], &["sum"]),
            (&["b", "a"], &["ping", "write"], &[]),
            (&["a"], &["write"], &[]),
        ] {
            let caller = client(&mounted, revision, roles, None).await;
            let mut seen = names(&caller, "tools/list", "tools", "name").await;
            seen.sort();
            assert_eq!(seen, tools, "{revision:?} {roles:?}");
            let seen = names(&caller, "prompts/list", "prompts", "name").await;
            assert_eq!(seen, prompts, "{revision:?} {roles:?}");
        }
    }
}
