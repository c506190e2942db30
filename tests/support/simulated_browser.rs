//! A browser with a user: loads a page, reads its form, submits it.
//!
//! It follows no redirect, so that a test sees where a response leads. It also does two things
//! that can break a login in a browser but not in a plain HTTP client: a form sends its page's
//! origin, and the page's `form-action` policy applies to the redirect. It stores cookies by name
//! alone, because every test is on one host.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use reqwest::{RequestBuilder, StatusCode, Url, header, redirect};

mod html;

/// A browser.
#[derive(Debug, Clone)]
pub struct Browser(reqwest::Client, Cookies);

/// The cookies of a browser, by name.
type Cookies = Arc<Mutex<BTreeMap<String, String>>>;

impl Default for Browser {
    fn default() -> Self {
        let client = reqwest::Client::builder().redirect(redirect::Policy::none());
        Self(client.build().expect("an HTTP client"), Cookies::default())
    }
}

impl Browser {
    /// Loads a URL.
    ///
    /// # Panics
    ///
    /// If the URL is invalid, or nothing responds there.
    pub async fn open(&self, url: &str) -> Page {
        let url = Url::parse(url).expect("a URL");
        self.load(url.clone(), self.0.get(url)).await
    }

    /// Follows the redirect of a page.
    ///
    /// # Panics
    ///
    /// If there is no redirect, or nothing responds there.
    pub async fn follow(&self, page: &Page) -> Page {
        let url = page.url.join(page.leads_to()).expect("a location");
        self.load(url.clone(), self.0.get(url)).await
    }

    /// Returns the cookies.
    #[must_use]
    pub fn cookies(&self) -> BTreeMap<String, String> {
        self.1
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns the cookies as the value of a `Cookie` header.
    #[must_use]
    pub fn cookie_header(&self) -> String {
        let cookies = self.cookies();
        let pairs = cookies.iter();
        let pairs = pairs.map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// Sets a cookie, as an attacker with control of another host of the same site can.
    pub fn set_cookie(&self, name: &str, value: &str) {
        let mut cookies = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        cookies.insert(name.to_owned(), value.to_owned());
    }

    async fn load(&self, url: Url, mut request: RequestBuilder) -> Page {
        let cookies = self.cookie_header();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies);
        }
        let page = Page::of(url, request).await;
        for set in page.set_cookies() {
            let pair = set.split(';').next().and_then(|pair| pair.split_once('='));
            let (name, value) = pair.expect("a cookie has a value");
            self.set_cookie(name, value);
        }
        page
    }

    /// Submits a page's form with one of its buttons.
    ///
    /// # Panics
    ///
    /// If the page has no such button, or its policy blocks the redirect.
    pub async fn press(&self, page: &Page, button: &str) -> Page {
        let form = page.form();
        let button = form
            .buttons
            .iter()
            .find(|one| one.value == button)
            .unwrap_or_else(|| panic!("no button {button:?} in {form:?}"));
        let mut fields = vec![(button.name.clone(), button.value.clone())];
        let checked = |field: &&Field| field.kind != "checkbox" || field.is_checked;
        for field in form.fields.iter().filter(checked) {
            fields.push((field.name.clone(), field.value.clone()));
        }
        let action = page.url.join(&form.action).expect("a form has an action");
        let request = self
            .0
            .post(action.clone())
            .header(header::ORIGIN, page.url.origin().ascii_serialization())
            .form(&fields);
        let next = self.load(action, request).await;
        page.check_policy(&next);
        next
    }
}

/// A page or a redirect.
#[derive(Debug, Clone)]
pub struct Page {
    url: Url,
    status: StatusCode,
    location: Option<String>,
    policy: String,
    headers: header::HeaderMap,
    text: String,
    form: Option<Form>,
}

/// A form, with the user's input so far.
#[derive(Debug, Clone, Default)]
struct Form {
    action: String,
    fields: Vec<Field>,
    buttons: Vec<Button>,
}

#[derive(Debug, Clone)]
struct Field {
    kind: String,
    name: String,
    value: String,
    is_checked: bool,
    /// The legend of its group.
    group: String,
    /// Its label.
    label: String,
}

#[derive(Debug, Clone)]
struct Button {
    name: String,
    value: String,
}

/// A checkbox, as the user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its value.
    pub value: String,
    /// The heading of its group.
    pub group: String,
    /// Its label.
    pub label: String,
    /// Whether it is checked.
    pub is_ticked: bool,
}

impl Choice {
    /// Whether the page marks it as new.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.label.split(' ').any(|word| word == "new")
    }
}

impl Page {
    /// A redirect that another browser received.
    ///
    /// # Panics
    ///
    /// If the text is not a URL.
    #[must_use]
    pub fn leading_to(location: &str) -> Self {
        Self {
            url: location.parse().expect("a URL"),
            status: StatusCode::SEE_OTHER,
            location: Some(location.to_owned()),
            policy: String::new(),
            headers: header::HeaderMap::new(),
            text: String::new(),
            form: None,
        }
    }

    async fn of(url: Url, request: RequestBuilder) -> Self {
        let response = request.send().await.expect("the server answers");
        let named = |name| {
            let value = response.headers().get(name)?;
            Some(value.to_str().expect("headers are ASCII").to_owned())
        };
        let location = named(header::LOCATION);
        let policy = named(header::CONTENT_SECURITY_POLICY).unwrap_or_default();
        let status = response.status();
        let headers = response.headers().clone();
        let source = response.text().await.expect("a page is text");
        let (text, form) = html::read(&source);
        Self {
            url,
            status,
            location,
            policy,
            headers,
            text,
            form,
        }
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// Returns the URL of the page.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Returns a header, or an empty text.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Returns the `Set-Cookie` headers.
    #[must_use]
    pub fn set_cookies(&self) -> Vec<&str> {
        let set = self.headers.get_all(header::SET_COOKIE).iter();
        set.map(|set| set.to_str().expect("headers are ASCII"))
            .collect()
    }

    /// Returns the value of a field.
    ///
    /// # Panics
    ///
    /// If there is no field with that name.
    #[must_use]
    pub fn field(&self, name: &str) -> &str {
        let field = self.form().fields.iter().find(|field| field.name == name);
        &field.expect("such a field").value
    }

    /// Returns whether the page has a form.
    #[must_use]
    pub fn has_form(&self) -> bool {
        self.form.is_some()
    }

    /// Returns the redirect target.
    ///
    /// # Panics
    ///
    /// If there is no redirect.
    #[must_use]
    pub fn leads_to(&self) -> &str {
        let location = self.location.as_deref();
        location.unwrap_or_else(|| panic!("leads nowhere: {} {}", self.status, self.text))
    }

    /// Returns the visible text, in one line.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the checkboxes.
    #[must_use]
    pub fn choices(&self) -> Vec<Choice> {
        let boxes = |field: &&Field| field.kind == "checkbox";
        let as_seen = |field: &Field| Choice {
            value: field.value.clone(),
            group: field.group.clone(),
            label: field.label.clone(),
            is_ticked: field.is_checked,
        };
        self.form()
            .fields
            .iter()
            .filter(boxes)
            .map(as_seen)
            .collect()
    }

    /// Checks these boxes and no others.
    ///
    /// # Panics
    ///
    /// If there is no box with that name.
    #[must_use]
    pub fn tick_only(mut self, values: &[&str]) -> Self {
        let form = self.form.as_mut().expect("a form");
        for value in values {
            let is_there = form.fields.iter().any(|field| field.value == *value);
            assert!(is_there, "{value} is not offered: {form:?}");
        }
        for field in &mut form.fields {
            if field.kind == "checkbox" {
                field.is_checked = values.contains(&field.value.as_str());
            }
        }
        self
    }

    /// Types into a field.
    ///
    /// # Panics
    ///
    /// If there is no field with that name.
    #[must_use]
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        let form = self.form.as_mut().expect("a form");
        let field = form.fields.iter_mut().find(|field| field.name == name);
        value.clone_into(&mut field.expect("such a field").value);
        self
    }

    fn form(&self) -> &Form {
        self.form
            .as_ref()
            .unwrap_or_else(|| panic!("no form: {} {}", self.status, self.text))
    }

    /// Chromium applies the page's `form-action` to the redirect after a form submission.
    fn check_policy(&self, next: &Self) {
        let Some(location) = &next.location else {
            return;
        };
        let directive = self
            .policy
            .split(';')
            .find_map(|directive| directive.trim().strip_prefix("form-action "))
            .expect("a page with a form says where it may go");
        let target = next.url.join(location).expect("a location");
        let allows = |source: &str| match source {
            "'self'" => target.origin() == self.url.origin(),
            scheme if scheme.ends_with(':') => scheme.trim_end_matches(':') == target.scheme(),
            host => Url::parse(host).is_ok_and(|host| host.origin() == target.origin()),
        };
        let is_allowed = directive.split(' ').any(allows);
        assert!(is_allowed, "{directive} does not let {target} through");
    }
}
