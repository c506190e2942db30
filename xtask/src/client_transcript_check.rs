//! Checks a client's behaviour from its recorded requests.
//!
//! The transcript is the same for every client: it logs in, calls a tool, is refused the next tool
//! and steps up, and so on for each scope of the example. `interop/wire.mjs` records each
//! exchange; what a client reports about itself is not used.

use serde_json::Value;

use crate::example_servers::Example;

#[cfg(test)]
mod tests;

/// The protocol lifecycle of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifecycle {
    /// With sessions, revision 2025-11-25.
    Session,
    /// Without sessions, revision 2026-07-28.
    Stateless,
}

impl Lifecycle {
    /// Returns the protocol revision.
    pub(crate) fn revision(self) -> &'static str {
        match self {
            Self::Session => "2025-11-25",
            Self::Stateless => "2026-07-28",
        }
    }
}

/// How a client gets its scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepUpMode {
    /// It steps up after each 403 and continues in the same session.
    Steps,
    /// It steps up after each 403 and opens a new session each time.
    StepsAnew,
    /// It requests all scopes at the first login.
    AllAtLogin,
}

/// The behaviour that a client must show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExpectedTranscript {
    pub(crate) lifecycle: Lifecycle,
    pub(crate) step_up: StepUpMode,
    pub(crate) example: &'static Example,
}

impl ExpectedTranscript {
    /// Returns the expected steps that did not happen.
    pub(crate) fn missing(self, record: &str) -> Vec<String> {
        let exchanges: Vec<Value> = match record.lines().map(serde_json::from_str).collect() {
            Ok(exchanges) => exchanges,
            Err(error) => return vec![format!("the record cannot be read: {error}")],
        };
        let mut missing = Vec::new();
        let mut next = 0;
        for step in self.steps() {
            match exchanges[next..].iter().position(&step.matches) {
                Some(at) => next += at + 1,
                None => missing.push(step.what),
            }
        }
        let calls: Vec<_> = exchanges
            .iter()
            .filter(|one| one["rpc"] == "tools/call")
            .collect();
        missing.extend(self.lifecycle_errors(&calls));
        missing
    }

    /// Returns the steps that must happen, in this order; other exchanges may come in between.
    fn steps(self) -> Vec<Step> {
        let scopes = self.example.scopes;
        let mut steps = vec![
            Step::new("a 401 that names the scope of the login", move |one| {
                one["status"] == 401 && challenges(one, &scopes[..1])
            }),
            Step::new("a request for the metadata", |one| {
                one["status"] == 200
                    && path(one).starts_with("/.well-known/oauth-protected-resource")
            }),
            Step::new("a registration", |one| {
                one["status"] == 201 && one["method"] == "POST"
            }),
            Step::new("a consent by the user", |one| {
                let is_form =
                    path(one).contains("/interaction/") || path(one).ends_with("/decision");
                is_form && one["status"] == 303 && one["method"] == "POST"
            }),
            Step::new("a token", is_token),
        ];
        for call in self.example.calls {
            let (tool, needed) = (call.tool, call.scopes);
            if needed > 1 && self.step_up != StepUpMode::AllAtLogin {
                let refused = format!("a 403 for {tool} that names all required scopes");
                steps.push(Step::new(refused, move |one| {
                    is_call(one, tool, 403) && challenges(one, &scopes[..needed])
                }));
                steps.push(Step::new(format!("more scopes for {tool}"), is_token));
            }
            let called = format!("{tool}, called");
            steps.push(Step::new(called, move |one| is_call(one, tool, 200)));
        }
        steps
    }

    /// Returns what is wrong with the lifecycle of the calls.
    fn lifecycle_errors(self, calls: &[&Value]) -> Vec<String> {
        let mut errors = Vec::new();
        let revision = self.lifecycle.revision();
        if let Some(other) = calls.iter().find(|one| one["revision"] != revision) {
            errors.push(format!(
                "a call by another revision than {revision}: {other}"
            ));
        }
        let sessions = calls
            .iter()
            .filter(|one| one["session"].is_string())
            .count();
        match self.lifecycle {
            Lifecycle::Stateless if sessions > 0 => errors.push("a call in a session".into()),
            Lifecycle::Session if sessions < calls.len() => {
                errors.push("a call in no session".into())
            }
            _ => {}
        }
        let first = calls.first().map(|one| &one["session"]);
        let one_session = calls.iter().all(|one| Some(&one["session"]) == first);
        if self.step_up == StepUpMode::Steps && !one_session {
            errors.push("one session from the first call to the last".into());
        }
        let refused = calls.iter().filter(|one| one["status"] == 403).count();
        if self.step_up == StepUpMode::AllAtLogin && refused > 0 {
            errors.push("no 403, as it asked for everything before".into());
        }
        errors
    }
}

/// One part that must happen.
struct Step {
    what: String,
    matches: Box<dyn Fn(&Value) -> bool>,
}

impl Step {
    fn new(what: impl Into<String>, matches: impl Fn(&Value) -> bool + 'static) -> Self {
        Self {
            what: what.into(),
            matches: Box::new(matches),
        }
    }
}

fn path(one: &Value) -> &str {
    one["path"].as_str().unwrap_or_default()
}

fn is_call(one: &Value, tool: &str, status: u16) -> bool {
    one["rpc"] == "tools/call" && one["tool"] == tool && one["status"] == status
}

fn is_token(one: &Value) -> bool {
    one["status"] == 200 && path(one).ends_with("/token")
}

/// Whether a challenge names exactly these scopes.
fn challenges(one: &Value, scopes: &[&str]) -> bool {
    let text = one["challenge"].as_str().unwrap_or_default();
    let named = text
        .split("scope=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let mut named: Vec<_> = named.unwrap_or_default().split(' ').collect();
    let mut wanted = scopes.to_vec();
    named.sort_unstable();
    wanted.sort_unstable();
    named == wanted
}
