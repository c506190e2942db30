//! What the contract says of one request, told as simply as possible.

use std::collections::BTreeSet;

use support::client::Revision;

/// Which server is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shop {
    /// One with a public tool.
    Open,
    /// One without.
    Closed,
}

/// What a request brings along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bearer {
    None,
    Malformed,
    Expired(&'static str),
    OfAnother(&'static str),
    ForAnother(&'static str),
    Good(&'static str),
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Call(&'static str),
    Handshake,
    ListTools,
    Ping,
    Notify,
    Stream,
    End,
    Unruled,
}

/// What a client must see.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) status: u16,
    pub(crate) error: Option<String>,
    pub(crate) scope: Option<BTreeSet<String>>,
    pub(crate) runs: bool,
}

type Names = BTreeSet<String>;

fn names(text: &str) -> Names {
    text.split(' ')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The alternatives of a tool; none for one that asks for no scope.
fn alternatives(tool: &str) -> Vec<Names> {
    match tool {
        "read" => vec![names("desk:read")],
        "write" => vec![names("desk:write")],
        "rewrite" => vec![names("desk:read desk:write")],
        "purge" => vec![names("desk:admin"), names("desk:write")],
        _ => Vec::new(),
    }
}

fn exists(shop: Shop, tool: &str) -> bool {
    match tool {
        "ping" => shop == Shop::Open,
        "none such" => false,
        _ => true,
    }
}

/// What a token grants here: what it names, and what that implies.
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

/// The scopes of a 401: the called tool's, else the baseline, which is what tools that
/// are not stepped up to ask for.
fn wanted(shop: Shop, asked: Asked) -> Names {
    match asked {
        Asked::Call(tool) if exists(shop, tool) && !alternatives(tool).is_empty() => {
            alternatives(tool).remove(0)
        }
        _ => names("desk:read"),
    }
}

pub(crate) fn expected(shop: Shop, revision: Revision, bearer: Bearer, asked: Asked) -> Expected {
    let refused = |status, error: Option<&str>, scope| Expected {
        status,
        error: error.map(str::to_owned),
        scope: Some(scope),
        runs: false,
    };
    let held = match bearer {
        Bearer::Malformed | Bearer::Expired(_) | Bearer::OfAnother(_) | Bearer::ForAnother(_) => {
            return refused(401, Some("invalid_token"), wanted(shop, asked));
        }
        Bearer::None => None,
        Bearer::Good(scopes) => Some(names(scopes)),
    };
    let needs_token = match asked {
        Asked::Call("ping") => shop == Shop::Closed,
        Asked::Call(_) | Asked::Unruled => true,
        _ => shop == Shop::Closed,
    };
    let Some(held) = held else {
        if needs_token {
            return refused(401, None, wanted(shop, asked));
        }
        return answered(revision, asked, shop);
    };
    if let Asked::Call(tool) = asked
        && exists(shop, tool)
    {
        let granted = granted(&held);
        let alternatives = alternatives(tool);
        let is_enough = |needed: &Names| needed.is_subset(&granted);
        if !alternatives.is_empty() && !alternatives.iter().any(is_enough) {
            // All that is needed by the alternative that lacks least, and what is held.
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

/// The answer to a request that was let in.
fn answered(revision: Revision, asked: Asked, shop: Shop) -> Expected {
    let has_sessions = revision != Revision::Stateless;
    let status = match asked {
        Asked::Call(_) | Asked::Handshake | Asked::ListTools => 200,
        // Removed in 2026-07-28.
        Asked::Ping | Asked::Unruled => {
            if has_sessions {
                200
            } else {
                404
            }
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
                202
            } else {
                405
            }
        }
    };
    Expected {
        status,
        error: None,
        scope: None,
        runs: matches!(asked, Asked::Call(tool) if exists(shop, tool)),
    }
}
