//! What the contract says about one request, as simply as possible.

use std::collections::BTreeSet;

use support::client::Revision;

/// The server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shop {
    /// Public items beside protected ones.
    Mixed,
    /// The same with an open handshake.
    Open,
    /// No public items.
    Closed,
}

impl Shop {
    pub(crate) const ALL: [Self; 3] = [Self::Mixed, Self::Open, Self::Closed];
}

/// The credentials of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bearer {
    None,
    Malformed,
    Expired(&'static str),
    OfAnother(&'static str),
    ForAnother(&'static str),
    Good(&'static str),
}

/// The operation of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Call(&'static str),
    /// A resource or a prompt, by the name of its kind.
    Read(&'static str),
    Get(&'static str),
    Subscribe(&'static str),
    Unsubscribe(&'static str),
    Listen(&'static str),
    CompleteTemplate(&'static str),
    CompletePrompt(&'static str),
    Handshake,
    ListTools,
    ListPrompts,
    ListResources,
    ListTemplates,
    Ping,
    Notify,
    Stream,
    End,
    Unruled,
}

/// The expected response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) status: u16,
    pub(crate) error: Option<String>,
    pub(crate) scope: Option<BTreeSet<String>>,
    /// The items that ran.
    pub(crate) ran: Vec<String>,
}

type Names = BTreeSet<String>;

fn names(text: &str) -> Names {
    text.split(' ')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Returns the alternatives of an item's requirement; none if it needs no scope.
fn alternatives(thing: &str) -> Vec<Names> {
    match thing {
        "read" => vec![names("desk:read")],
        "write" => vec![names("desk:write")],
        "rewrite" | "both" => vec![names("desk:read desk:write")],
        "purge" | "either" => vec![names("desk:admin"), names("desk:write")],
        _ => Vec::new(),
    }
}

fn exists(shop: Shop, thing: &str) -> bool {
    match thing {
        "ping" | "open" => shop != Shop::Closed,
        "none such" => false,
        _ => true,
    }
}

/// Returns the item that a request names.
fn thing(asked: Asked) -> Option<&'static str> {
    match asked {
        Asked::Call(thing)
        | Asked::Read(thing)
        | Asked::Get(thing)
        | Asked::Subscribe(thing)
        | Asked::Unsubscribe(thing)
        | Asked::Listen(thing)
        | Asked::CompleteTemplate(thing)
        | Asked::CompletePrompt(thing) => Some(thing),
        _ => None,
    }
}

/// Returns the scopes of a token, including the implied ones.
fn granted(held: &Names) -> Names {
    let mut granted = held.clone();
    if held.contains("desk:root") {
        granted.extend(names("desk:read desk:write"));
    }
    granted
}

fn known(held: &Names) -> Names {
    let ours = names("desk:read desk:write desk:admin desk:root");
    held.intersection(&ours).cloned().collect()
}

/// Returns the scopes of a 401: those of the requested item, otherwise the baseline, which is
/// the scopes of all items without step-up.
fn wanted(shop: Shop, asked: Asked) -> Names {
    match thing(asked) {
        Some(thing) if exists(shop, thing) && !alternatives(thing).is_empty() => {
            alternatives(thing).remove(0)
        }
        _ => names("desk:read"),
    }
}

pub(crate) fn expected(shop: Shop, revision: Revision, bearer: Bearer, asked: Asked) -> Expected {
    let refused = |status, error: Option<&str>, scope| Expected {
        status,
        error: error.map(str::to_owned),
        scope: Some(scope),
        ran: Vec::new(),
    };
    let held = match bearer {
        Bearer::Malformed | Bearer::Expired(_) | Bearer::OfAnother(_) | Bearer::ForAnother(_) => {
            return refused(401, Some("invalid_token"), wanted(shop, asked));
        }
        Bearer::None => None,
        Bearer::Good(scopes) => Some(names(scopes)),
    };
    let is_public = matches!(thing(asked), Some("ping" | "open"));
    let needs_token = match shop {
        Shop::Closed => true,
        // A public item runs in a single request of 2026-07-28; the revisions with sessions
        // need a token for the session. Listening is not a use of the item.
        Shop::Mixed => {
            !is_public || revision != Revision::Stateless || matches!(asked, Asked::Listen(_))
        }
        Shop::Open => !is_public && (thing(asked).is_some() || asked == Asked::Unruled),
    };
    let Some(held) = held else {
        if needs_token {
            return refused(401, None, wanted(shop, asked));
        }
        return answered(revision, asked, shop);
    };
    if let Some(thing) = thing(asked)
        && exists(shop, thing)
    {
        let granted = granted(&held);
        let alternatives = alternatives(thing);
        let is_enough = |needed: &Names| needed.is_subset(&granted);
        if !alternatives.is_empty() && !alternatives.iter().any(is_enough) {
            // All scopes of the alternative that lacks the fewest, plus the granted ones.
            let lacks = |needed: &&Names| needed.difference(&granted).count();
            let needed = alternatives
                .iter()
                .min_by_key(lacks)
                .expect("there are some");
            let named = needed.union(&known(&held)).cloned().collect();
            return refused(403, Some("insufficient_scope"), named);
        }
    }
    answered(revision, asked, shop)
}

/// Returns the response to an authorized request.
fn answered(revision: Revision, asked: Asked, shop: Shop) -> Expected {
    let has_sessions = revision != Revision::Stateless;
    // 2026-07-28 returns 404 for an unknown method.
    let only_in_sessions = |otherwise| if has_sessions { otherwise } else { 404 };
    let status = match asked {
        Asked::Call(_)
        | Asked::Read(_)
        | Asked::Get(_)
        | Asked::CompleteTemplate(_)
        | Asked::CompletePrompt(_)
        // In a session, a response with "method not found".
        | Asked::Listen(_)
        | Asked::Handshake
        | Asked::ListTools
        | Asked::ListPrompts
        | Asked::ListResources
        | Asked::ListTemplates => 200,
        // Removed in 2026-07-28.
        Asked::Ping | Asked::Subscribe(_) | Asked::Unsubscribe(_) | Asked::Unruled => {
            only_in_sessions(200)
        }
        Asked::Notify => 202,
        Asked::Stream => {
            if has_sessions {
                200
            } else {
                405
            }
        }
        Asked::End => {
            if has_sessions {
                204
            } else {
                405
            }
        }
    };
    let ran = match asked {
        Asked::Call(thing) => exists(shop, thing).then(|| thing.to_owned()),
        Asked::Read(thing) => exists(shop, thing).then(|| format!("{thing} resource")),
        Asked::Get(thing) => exists(shop, thing).then(|| format!("{thing} prompt")),
        Asked::CompletePrompt(thing) => exists(shop, thing).then(|| "words".to_owned()),
        Asked::CompleteTemplate("both") => Some("ids".to_owned()),
        Asked::CompleteTemplate("either") => Some("paths".to_owned()),
        _ => None,
    };
    Expected {
        status,
        error: None,
        scope: None,
        ran: ran.into_iter().collect(),
    }
}
