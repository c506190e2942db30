use toolgate_core::{caller::Caller, clock::SystemClock};
use toolgate_oauth::issuer::{ClientRegistration, Issuer};

use super::*;
use crate::sign_in::SignIn;

const ISSUER: &str = "https://as.example";

fn approvals(origin: &str, issuers: &[&str]) -> Approvals {
    let settings = Settings {
        server_name: "notes".to_owned(),
        origin: origin.to_owned(),
        path: "/approvals".to_owned(),
        local_path: "/approvals".to_owned(),
        login_scopes: Vec::new(),
        wait: Duration::from_secs(30),
        body_time: Duration::from_secs(1),
    };
    let clients = issuers.iter().map(|&issuer| {
        let registration = ClientRegistration {
            redirect_uri: settings.redirect_uri(),
            client_name: "notes".to_owned(),
            client: None,
        };
        AuthorizationCodeClient::new(&Issuer::new(issuer), "https://a.example/mcp", registration)
            .unwrap()
    });
    let clients = clients.collect();
    Approvals::new(settings, clients, Arc::new(SystemClock))
}

fn submitted(approvals: &Approvals, caller: &Identity) -> Page {
    let submitted = approvals.submit(NewApproval {
        caller: caller.clone(),
        issuer: ISSUER.to_owned(),
        subject: "alice".to_owned(),
        item: "tool delete".to_owned(),
        question: "Delete 7?".to_owned(),
        scopes: Vec::new(),
    });
    submitted.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_waiting_request_that_is_dropped_frees_its_turn() {
    let approvals = approvals("https://a.example", &[ISSUER]);
    let alice = Caller::test("alice").identity();
    let page = submitted(&approvals, &alice);
    for _ in 0..20 {
        let waiting = approvals.decision(&page.id, &alice);
        assert!(timeout(Duration::from_secs(1), waiting).await.is_err());
    }
    // The next one still waits.
    let waiting = approvals.decision(&page.id, &alice);
    assert!(timeout(Duration::from_secs(29), waiting).await.is_err());
}

#[test]
fn a_redemption_that_is_dropped_frees_its_turn() {
    let approvals = approvals("https://a.example", &[ISSUER]);
    let alice = Caller::test("alice").identity();
    let page = submitted(&approvals, &alice);
    for _ in 0..5 {
        let (sign_in, started) = SignIn::start().unwrap();
        let mut store = approvals.store();
        store.get(&page.id, approvals.now()).unwrap().add(sign_in);
        drop(store);
        let begun = approvals.begin_redemption(&page.id, &started.state, &started.cookie);
        assert!(begun.is_ok());
    }
}

/// The test fetches no metadata: the hosts of the issuers do not exist.
#[tokio::test]
async fn with_several_issuers_a_response_without_its_issuer_is_refused() {
    let approvals = approvals("https://a.example", &[ISSUER, "https://other.example"]);
    for client in &approvals.clients {
        assert_eq!(client.accepts_response_of(None).await, Ok(false));
    }
}

#[test]
fn a_cookie_is_bound_to_the_host_and_to_https_except_on_loopback() {
    let alice = Caller::test("alice").identity();
    let set = |origin: &str| {
        let approvals = approvals(origin, &[ISSUER]);
        let page = submitted(&approvals, &alice);
        let set = approvals.set_cookie(&page.id, "value");
        set.replace(&page.id, "ID")
    };
    let set_on_https = set("https://a.example");
    let (before, after) = set_on_https.split_once("Max-Age=").unwrap();
    assert_eq!(
        before,
        "__Host-toolgate-approval-ID=value; Path=/; HttpOnly; SameSite=Lax; "
    );
    assert!(after.ends_with("; Secure"), "{after}");
    let set_on_loopback = set("http://127.0.0.1:8000");
    assert!(set_on_loopback.starts_with("toolgate-approval-ID=value; Path=/; "));
    assert!(!set_on_loopback.contains("Secure"), "{set_on_loopback}");
}
