//! A user who decides on the page of `approve`, and a client that is asked to open it.

use serde_json::{Value, json};

use crate::{
    client::HttpResponse,
    simulated_browser::{Browser, Page},
};

/// The capabilities of a client that can open pages.
#[must_use]
pub fn opens_pages() -> Value {
    json!({"elicitation": {"url": {}}})
}

/// The page that a server of 2026-07-28 asks its client to open.
#[derive(Debug, Clone)]
pub struct AskedPage {
    /// Its address.
    pub url: String,
    /// What the client shows to its user.
    pub message: String,
    /// The state for the next round.
    pub state: Value,
}

impl AskedPage {
    /// Reads the request for a page in a response.
    ///
    /// # Panics
    ///
    /// If the response does not ask for a page.
    pub fn of(response: &HttpResponse) -> Self {
        let result = &response.json()["result"];
        let params = &result["inputRequests"]["approve"]["params"];
        assert_eq!(params["mode"], "url", "{response:?}");
        let text = |name: &str| params[name].as_str().expect("a text").to_owned();
        Self {
            url: text("url"),
            message: text("message"),
            state: result["requestState"].clone(),
        }
    }

    /// Returns the parameters of the next round: the client reports that its user has accepted.
    #[must_use]
    pub fn accepted(&self, params: Value) -> Value {
        self.answered(params, &json!({"action": "accept"}))
    }

    /// Returns the parameters of the next round, with any answer of the client.
    #[must_use]
    pub fn answered(&self, mut params: Value, answer: &Value) -> Value {
        params["requestState"] = self.state.clone();
        params["inputResponses"] = json!({"approve": answer});
        params
    }

    /// Returns the random id of the page.
    ///
    /// # Panics
    ///
    /// If the address has no path.
    #[must_use]
    pub fn id(&self) -> &str {
        self.url.rsplit('/').next().expect("an id")
    }
}

/// Opens a page and signs in as a user of the development issuer, up to the redirect of the issuer.
pub async fn up_to_callback(browser: &Browser, url: &str, name: &str) -> Page {
    let to_issuer = browser.open(url).await;
    let consent = browser.open(to_issuer.leads_to()).await;
    let consent = consent.fill("subject", name);
    browser.press(&consent, "allow").await
}

/// Opens a page and signs in as a user. Returns the page after the sign-in.
pub async fn sign_in(browser: &Browser, url: &str, name: &str) -> Page {
    let to_callback = up_to_callback(browser, url, name).await;
    let back = browser.follow(&to_callback).await;
    match back.status() {
        303 => browser.follow(&back).await,
        _ => back,
    }
}

/// Opens a page, signs in as a user, checks the box, and presses `approve` or `decline`.
pub async fn decide(url: &str, name: &str, decision: &str) -> Page {
    let browser = Browser::default();
    let page = sign_in(&browser, url, name).await;
    browser.press(&page.tick_only(&["read"]), decision).await
}
