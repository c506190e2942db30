//! Whether a client did what it should, judged by what was said on the wire.
//!
//! The same story for every client: it finds the way in, calls a tool, is refused the next
//! and steps up, and so on for each scope of the example. `interop/wire.mjs` writes down each
//! exchange; what a client says of itself counts for nothing.

use serde_json::Value;

use crate::example::Example;

#[cfg(test)]
mod tests;

/// How a client lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// In sessions, by revision 2025-11-25.
    Session,
    /// By revision 2026-07-28, which has none.
    Stateless,
}

impl Life {
    /// The revision of the protocol.
    pub(crate) fn revision(self) -> &'static str {
        match self {
            Self::Session => "2025-11-25",
            Self::Stateless => "2026-07-28",
        }
    }
}

/// How a client comes by its scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Growth {
    /// A 403 sends it for more, twice, and it goes on where it was.
    Steps,
    /// The same, and each time it begins anew.
    StepsAnew,
    /// It asks for all that there are before it is asked to.
    AllAtOnce,
}

/// What a client is to show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Story {
    pub(crate) life: Life,
    pub(crate) growth: Growth,
    pub(crate) example: &'static Example,
}

impl Story {
    /// Everything in the story that did not happen.
    pub(crate) fn missing(self, wire: &str) -> Vec<String> {
        let said: Vec<Value> = match wire.lines().map(serde_json::from_str).collect() {
            Ok(said) => said,
            Err(error) => return vec![format!("the wire cannot be read: {error}")],
        };
        let mut missing = Vec::new();
        let mut place = 0;
        for part in self.parts() {
            match said[place..].iter().position(&part.is_this) {
                Some(at) => place += at + 1,
                None => missing.push(part.what),
            }
        }
        let calls: Vec<_> = said
            .iter()
            .filter(|one| one["rpc"] == "tools/call")
            .collect();
        missing.extend(self.faults_of(&calls));
        missing
    }

    /// What has to happen, in this order; other things may happen in between.
    fn parts(self) -> Vec<Part> {
        let scopes = self.example.scopes;
        let mut parts = vec![
            Part::new("a 401 that names the scope of the login", move |one| {
                one["status"] == 401 && challenges(one, &scopes[..1])
            }),
            Part::new("the metadata, read", |one| {
                one["status"] == 200
                    && path(one).starts_with("/.well-known/oauth-protected-resource")
            }),
            Part::new("a registration", |one| {
                one["status"] == 201 && one["method"] == "POST"
            }),
            Part::new("a page on which a person says yes", |one| {
                let is_form =
                    path(one).contains("/interaction/") || path(one).ends_with("/decision");
                is_form && one["status"] == 303 && one["method"] == "POST"
            }),
            Part::new("a token", is_token),
        ];
        for call in self.example.calls {
            let (tool, needed) = (call.tool, call.scopes);
            if needed > 1 && self.growth != Growth::AllAtOnce {
                let refused = format!("a 403 for {tool} that names all it needs");
                parts.push(Part::new(refused, move |one| {
                    is_call(one, tool, 403) && challenges(one, &scopes[..needed])
                }));
                parts.push(Part::new(format!("more scopes for {tool}"), is_token));
            }
            let called = format!("{tool}, called");
            parts.push(Part::new(called, move |one| is_call(one, tool, 200)));
        }
        parts
    }

    /// What is wrong with the life that the calls show.
    fn faults_of(self, calls: &[&Value]) -> Vec<String> {
        let mut faults = Vec::new();
        let revision = self.life.revision();
        if let Some(other) = calls.iter().find(|one| one["revision"] != revision) {
            faults.push(format!(
                "a call by another revision than {revision}: {other}"
            ));
        }
        let sessions = calls
            .iter()
            .filter(|one| one["session"].is_string())
            .count();
        match self.life {
            Life::Stateless if sessions > 0 => faults.push("a call in a session".into()),
            Life::Session if sessions < calls.len() => faults.push("a call in no session".into()),
            _ => {}
        }
        let first = calls.first().map(|one| &one["session"]);
        let one_session = calls.iter().all(|one| Some(&one["session"]) == first);
        if self.growth == Growth::Steps && !one_session {
            faults.push("one session from the first call to the last".into());
        }
        let refused = calls.iter().filter(|one| one["status"] == 403).count();
        if self.growth == Growth::AllAtOnce && refused > 0 {
            faults.push("no 403, as it asked for everything before".into());
        }
        faults
    }
}

/// One thing that has to happen.
struct Part {
    what: String,
    is_this: Box<dyn Fn(&Value) -> bool>,
}

impl Part {
    fn new(what: impl Into<String>, is_this: impl Fn(&Value) -> bool + 'static) -> Self {
        Self {
            what: what.into(),
            is_this: Box::new(is_this),
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

/// Whether a challenge names just these scopes.
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
