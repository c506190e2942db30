//! A client cannot approve a request without its user.

use super::*;
use support::client::question;

#[tokio::test]
async fn a_client_that_accepts_by_itself_gets_the_same_page_again() {
    let desk = Desk::start().await;
    let (alice, list, mut asked) = desk.pending().await;
    for _ in 0..3 {
        let again = AskedPage::of(&call_again(&alice, &list, &asked).await);
        assert_eq!(again.url, asked.url);
        asked = again;
    }
    // No other answer of the client is a decision.
    for answer in [
        json!({"action": "accept", "content": {"approve": true, "confirm": true}}),
        json!({"action": "approve"}),
        json!({"action": "accept", "content": {"decision": "approve"}}),
    ] {
        let asked = AskedPage::of(&call(&alice, &list).await);
        let mut params = json!({"name": "delete", "arguments": list});
        params = asked.answered(params, &answer);
        params["inputResponses"]["confirm"] = answer.clone();
        let response = alice.request("tools/call", params).await;
        match answer["action"] == "accept" {
            true => assert_eq!(AskedPage::of(&response).url, asked.url),
            // The protocol has no such action.
            false => assert!(response.text.contains("cannot be read"), "{response:?}"),
        }
    }
    assert!(desk.taken().is_empty());
    // The token of the client does not open the page.
    let token = ConsentingUser {
        name: "alice",
        allows: "list:write",
    };
    let token = token.log_in(&desk.server.resource()).await;
    let bearer = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let page = bearer.build().unwrap().get(&asked.url).bearer_auth(token);
    let page = HttpResponse::of(page).await;
    assert_eq!(page.status, 303, "{page:?}");
    assert!(!page.text.contains("Delete"), "{page:?}");
}

#[tokio::test]
async fn a_client_that_cannot_open_pages_gets_the_reason() {
    let desk = Desk::start().await;
    let alice = desk.client("alice").await;
    for capabilities in [
        json!({}),
        json!({"elicitation": {}}),
        json!({"elicitation": {"form": {}}}),
    ] {
        let alice = alice.clone().declaring(capabilities);
        let told = not_approved(&call(&alice, &json!({"list": "a"})).await);
        assert!(told.contains("elicitation in URL mode"), "{told}");
    }
}

#[tokio::test]
async fn a_client_that_gives_up_withdraws_its_request() {
    let desk = Desk::start().await;
    let (alice, list, asked) = desk.pending().await;
    let params = json!({"name": "delete", "arguments": list});
    let params = asked.answered(params, &json!({"action": "decline"}));
    let told = not_approved(&alice.request("tools/call", params).await);
    assert!(told.contains("was not opened"), "{told}");
    let page = Browser::default().open(&asked.url).await;
    assert_eq!(page.status(), 404);
}

#[tokio::test]
async fn in_a_session_the_call_waits_and_the_answer_of_the_client_decides_nothing() {
    let desk = Desk::start_with(|config| config.with_approval_wait(Duration::from_secs(20))).await;
    let client = desk.session("alice").await;
    let params = json!({"name": "delete", "arguments": {"list": "a"}});
    let message = client.message("tools/call", params);
    let request = client.post(&message).body(message.to_string());
    let mut response = request.send().await.unwrap();
    let asked = question(&mut response).await;
    assert_eq!(asked["method"], "elicitation/create", "{asked}");
    assert_eq!(asked["params"]["mode"], "url", "{asked}");
    let answer = json!({
        "jsonrpc": "2.0", "id": asked["id"], "result": {"action": "accept"},
    });
    assert_eq!(client.send(&answer).await.status, 202);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(desk.taken().is_empty());
    let url = asked["params"]["url"].as_str().unwrap();
    decide(url, "alice", "approve").await;
    let rest = HttpResponse::of_response(response).await;
    assert!(rest.text.contains("deleted a, false"), "{rest:?}");
    assert_eq!(desk.taken(), ["delete"]);
}
