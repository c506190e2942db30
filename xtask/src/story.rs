//! Whether a client did what it should, judged by what was said on the wire.
//!
//! The same story for every client: it finds the way in, calls a tool, is refused a second
//! and steps up, is refused a third and steps up again. `interop/wire.mjs` writes down each
//! exchange; what a client says of itself counts for nothing.

use serde_json::Value;

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
}

const SCOPES: [&str; 3] = ["everything:use", "everything:write", "everything:erase"];

impl Story {
    /// Everything in the story that did not happen.
    pub(crate) fn missing(self, wire: &str) -> Vec<String> {
        let said: Vec<Value> = match wire.lines().map(serde_json::from_str).collect() {
            Ok(said) => said,
            Err(error) => return vec![format!("the wire cannot be read: {error}")],
        };
        let mut missing = Vec::new();
        let mut place = 0;
        for (what, matches) in self.parts() {
            match said[place..].iter().position(|one| matches(one)) {
                Some(at) => place += at + 1,
                None => missing.push(what),
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
    fn parts(self) -> Vec<(String, Box<dyn Fn(&Value) -> bool>)> {
        let mut parts: Vec<(String, Box<dyn Fn(&Value) -> bool>)> = vec![
            (
                "a 401 that names the scope of the login".into(),
                Box::new(|one| one["status"] == 401 && challenges(one, &SCOPES[..1])),
            ),
            (
                "the metadata, read".into(),
                Box::new(|one| {
                    let path = one["path"].as_str().unwrap_or_default();
                    one["status"] == 200
                        && path.starts_with("/.well-known/oauth-protected-resource")
                }),
            ),
            (
                "a registration".into(),
                Box::new(|one| one["method"] == "POST" && one["status"] == 201),
            ),
            (
                "a page on which a person says yes".into(),
                Box::new(|one| {
                    let path = one["path"].as_str().unwrap_or_default();
                    one["status"] == 303
                        && one["method"] == "POST"
                        && (path.contains("/interaction/") || path.ends_with("/decision"))
                }),
            ),
            (
                "a token".into(),
                Box::new(|one| {
                    let path = one["path"].as_str().unwrap_or_default();
                    one["status"] == 200 && path.ends_with("/token")
                }),
            ),
            ("whoami, called".into(), called("whoami", 200)),
        ];
        for (tool, needed) in [("write", 2), ("erase", 3)] {
            if self.growth != Growth::AllAtOnce {
                let refused = called(tool, 403);
                parts.push((
                    format!("a 403 for {tool} that names all it needs"),
                    Box::new(move |one| refused(one) && challenges(one, &SCOPES[..needed])),
                ));
                parts.push((
                    format!("more scopes for {tool}"),
                    Box::new(|one| {
                        let path = one["path"].as_str().unwrap_or_default();
                        one["status"] == 200 && path.ends_with("/token")
                    }),
                ));
            }
            parts.push((format!("{tool}, called"), called(tool, 200)));
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

fn called(tool: &'static str, status: u16) -> Box<dyn Fn(&Value) -> bool> {
    Box::new(move |one| {
        one["rpc"] == "tools/call" && one["tool"] == tool && one["status"] == status
    })
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
