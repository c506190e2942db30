//! `approve = "…"`: the user decides on the server's own page. Over sockets, with the development
//! issuer and a browser.

use std::time::Duration;

use serde_json::{Value, json};
use support::{
    TestClock,
    approving_user::{AskedPage, decide, opens_pages, sign_in, up_to_callback},
    client::{Client, HttpResponse, Revision},
    consenting_user::ConsentingUser,
    running_server::RunningServer,
    simulated_browser::Browser,
    tool_server::Runs,
};
use toolgate::{
    Config, Server, State, mcp_prompt, mcp_resource, mcp_tool, prompts, resources, tools,
};

mod attacks;
mod clients;
mod completion;
mod handler_gate;
mod logs;
mod pages;
mod revoked;
mod slow_issuer;
mod start_errors;

/// How long a call waits for a decision in these tests.
const WAIT: Duration = Duration::from_millis(300);

/// Deletes a list.
#[mcp_tool(scope = "list:write", destructive, approve = "Delete the list {list}?")]
fn delete(
    /// Its name.
    list: String,
    /// Also if it has entries.
    #[arg(default = false)]
    force: bool,
    State(runs): State<Runs>,
) -> String {
    runs.note("delete");
    format!("deleted {list}, {force}")
}

/// Empties a list.
#[mcp_tool(scope = "list:write", destructive, approve = "Empty the list {list}?")]
fn empty(
    /// Its name.
    list: String,
    State(runs): State<Runs>,
) -> String {
    runs.note("empty");
    list
}

/// Reads a list whose reading is logged.
#[mcp_resource(scope = "list:write", uri = "lists://{list}", approve = "Open {list}?")]
fn list(list: String, State(runs): State<Runs>) -> String {
    runs.note("list");
    list
}

/// Drafts a letter.
#[mcp_prompt(scope = "list:write", approve = "Write to {to}?")]
fn letter(
    /// To whom.
    to: String,
    State(runs): State<Runs>,
) -> String {
    runs.note("letter");
    to
}

fn server(runs: &Runs) -> Server<Runs> {
    Server::with_state("lists", runs.clone())
        .tools(tools![delete, empty])
        .resources(resources![list])
        .prompts(prompts![letter])
        .without_banner()
}

/// A server with the development issuer.
struct Desk {
    server: RunningServer,
    runs: Runs,
    clock: TestClock,
}

impl Desk {
    async fn start() -> Self {
        Self::start_with(|config| config).await
    }

    async fn start_with(configure: impl FnOnce(Config) -> Config) -> Self {
        let (runs, clock) = (Runs::default(), TestClock::default());
        let server = server(&runs).with_clock(clock.clone());
        let server =
            RunningServer::start(server, |config| configure(config.with_approval_wait(WAIT)));
        Self {
            server: server.await,
            runs,
            clock,
        }
    }

    /// Returns a client with a token for this user.
    async fn client(&self, name: &str) -> Client {
        client_of(&self.server.resource(), name, "list:write").await
    }

    /// Returns a client of this user in a session of 2025-11-25 that can open pages.
    async fn session(&self, name: &str) -> Client {
        let token = ConsentingUser {
            name,
            allows: "list:write",
        };
        let token = token.log_in(&self.server.resource()).await;
        let client = Client::new(self.server.resource(), Revision::Session("2025-11-25"));
        let mut client = client.with_token(token).declaring(opens_pages());
        client.open().await;
        client
    }

    /// Calls `delete` as alice. Returns her client, the arguments, and the page to open.
    async fn pending(&self) -> (Client, Value, AskedPage) {
        let alice = self.client("alice").await;
        let list = json!({"list": "a"});
        let asked = AskedPage::of(&call(&alice, &list).await);
        (alice, list, asked)
    }

    fn taken(&self) -> Vec<&'static str> {
        let all = self.runs.all();
        self.runs.forget();
        all
    }
}

async fn client_of(resource: &str, name: &str, allows: &str) -> Client {
    let token = ConsentingUser { name, allows }.log_in(resource).await;
    let client = Client::new(resource, Revision::Stateless).with_token(token);
    client.declaring(opens_pages())
}

/// Calls `delete`.
async fn call(client: &Client, arguments: &Value) -> HttpResponse {
    client.call("delete", arguments.clone()).await
}

/// Calls `delete` again, as a client whose user has accepted to open the page.
async fn call_again(client: &Client, arguments: &Value, asked: &AskedPage) -> HttpResponse {
    let params = json!({"name": "delete", "arguments": arguments});
    client.request("tools/call", asked.accepted(params)).await
}

fn text(response: &HttpResponse) -> String {
    let result = &response.json()["result"];
    let text = result["content"][0]["text"].as_str();
    text.unwrap_or_else(|| panic!("{response:?}")).to_owned()
}

/// Checks that a response is the 403 of a missing approval, without a challenge. Returns its
/// message.
fn not_approved(response: &HttpResponse) -> String {
    assert_eq!(response.status, 403, "{response:?}");
    assert!(response.challenge().is_none(), "{response:?}");
    let error = &response.json()["error"];
    assert_eq!(error["data"]["reason"], "not_approved", "{response:?}");
    error["message"].as_str().expect("a message").to_owned()
}

#[tokio::test]
async fn an_item_runs_once_after_its_user_has_approved_it_on_the_page() {
    let desk = Desk::start().await;
    let (alice, list, asked) = desk.pending().await;
    assert_eq!(asked.message, "Delete the list \"a\"?\nforce: false");
    assert!(
        asked.url.starts_with(&desk.server.url("/approvals/")),
        "{asked:?}"
    );
    let browser = Browser::default();
    let page = sign_in(&browser, &asked.url, "alice").await;
    assert!(
        page.text().contains("Delete the list \"a\"?"),
        "{}",
        page.text()
    );
    assert!(page.text().contains("force: false"), "{}", page.text());
    assert!(page.text().contains("tool delete"), "{}", page.text());
    assert!(desk.taken().is_empty());
    let page = page.tick_only(&["read"]);
    let decided = browser.press(&page, "approve").await;
    assert!(decided.text().contains("You have approved this"));
    assert!(desk.taken().is_empty());
    let done = call_again(&alice, &list, &asked).await;
    assert_eq!(text(&done), "deleted a, false");
    assert_eq!(desk.taken(), ["delete"]);
    let again = not_approved(&call_again(&alice, &list, &asked).await);
    assert!(again.contains("used before"), "{again}");
    assert!(desk.taken().is_empty());
}

#[tokio::test]
async fn a_declined_request_does_not_run() {
    let desk = Desk::start().await;
    let (alice, list, asked) = desk.pending().await;
    let page = decide(&asked.url, "alice", "decline").await;
    assert!(page.text().contains("You have declined this"));
    let told = not_approved(&call_again(&alice, &list, &asked).await);
    assert!(told.contains("the user declined this"), "{told}");
    assert!(desk.taken().is_empty());
}

#[tokio::test]
async fn a_call_waits_for_the_decision() {
    let desk = Desk::start_with(|config| config.with_approval_wait(Duration::from_secs(20))).await;
    let (alice, list, asked) = desk.pending().await;
    let (done, page) = tokio::join!(
        call_again(&alice, &list, &asked),
        decide(&asked.url, "alice", "approve"),
    );
    assert!(page.text().contains("You have approved this"));
    assert_eq!(text(&done), "deleted a, false");
}

#[tokio::test]
async fn resources_and_prompts_are_approved_as_tools_are() {
    let desk = Desk::start().await;
    let alice = desk.client("alice").await;
    for (method, params, ran) in [
        ("resources/read", json!({"uri": "lists://a"}), "list"),
        (
            "prompts/get",
            json!({"name": "letter", "arguments": {"to": "b"}}),
            "letter",
        ),
    ] {
        let asked = AskedPage::of(&alice.request(method, params.clone()).await);
        let early = alice.request(method, asked.accepted(params.clone())).await;
        assert_eq!(AskedPage::of(&early).url, asked.url);
        assert!(desk.taken().is_empty(), "{method}");
        decide(&asked.url, "alice", "approve").await;
        let done = alice.request(method, asked.accepted(params)).await;
        assert!(done.json()["result"]["inputRequests"].is_null(), "{done:?}");
        assert_eq!(desk.taken(), [ran], "{done:?}");
    }
}
