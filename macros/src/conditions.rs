//! Parses the conditions of an item in addition to its access: roles, the login of its caller, and
//! whether a person must stand behind the call.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, ExprLit, ExprPath, Lit, LitStr};

use crate::{access::check_alternatives, attribute_syntax::Entry, errors::Errors, span::code};

/// The keys for roles. One of them is enough.
const ROLE_KEYS: [&str; 3] = ["role", "roles", "any_role"];

/// The keys of conditions.
pub(crate) const KEYS: [&str; 6] = ["role", "roles", "any_role", "acr", "max_age", "person"];

/// The conditions of an item.
#[derive(Default)]
pub(crate) struct Conditions {
    /// Alternative sets; a caller needs all roles of one set.
    roles: Vec<Vec<Text>>,
    acr: Vec<Text>,
    /// In seconds.
    max_age: Option<u64>,
    person: bool,
    /// The first key, for errors about all of them.
    place: Option<(String, Span)>,
}

/// A string, or the path of a constant.
enum Text {
    Literal(LitStr),
    Path(ExprPath),
}

/// Which texts are valid.
#[derive(Clone, Copy)]
enum Grammar {
    Role,
    Acr,
}

impl Conditions {
    /// Parses the conditions among the entries of an attribute.
    pub(crate) fn parse(entries: &[Entry], errors: &Errors) -> Self {
        let mut conditions = Self::default();
        let mut roles: Option<&Entry> = None;
        for entry in entries {
            if !KEYS.iter().any(|key| entry.key == key) {
                continue;
            }
            let key = entry.key.to_string();
            let place = &mut conditions.place;
            place.get_or_insert_with(|| (key.clone(), entry.span()));
            if ROLE_KEYS.contains(&key.as_str()) {
                match roles {
                    Some(first) => errors.add_at(
                        entry.span(),
                        format_args!(
                            "roles are already declared by `{}`: keep one of the two; `any_role = [\"a\", [\"b\", \"c\"]]` says both",
                            first.key
                        ),
                    ),
                    None => {
                        roles = Some(entry);
                        conditions.roles = parse_roles(entry, &key, errors);
                    }
                }
            } else if key == "person" {
                conditions.person = entry.flag(errors);
            } else if key == "acr" {
                conditions.acr = parse_acr(entry, errors);
            } else {
                conditions.max_age = entry.count(errors);
                if let (Some(0), Some(value)) = (conditions.max_age, &entry.value) {
                    errors.add_on(value, "no login is recent enough for `max_age = 0`: write after how many seconds a caller has to log in again, such as `max_age = 300`");
                }
            }
        }
        conditions
    }

    /// Reports conditions of an item that nobody needs a token for.
    /// `access` is its key.
    pub(crate) fn refuse_public(&self, errors: &Errors) {
        let remedy =
            "only a token can satisfy it, so write `authenticated` or a scope instead of `public`";
        self.refuse_with("public", remedy, errors);
    }

    /// Reports conditions that contradict the access.
    pub(crate) fn refuse_with(&self, access: &str, remedy: &str, errors: &Errors) {
        if let Some((key, place)) = &self.place {
            errors.add_at(
                *place,
                format_args!("`{key}` and `{access}` contradict each other: {remedy}"),
            );
        }
    }

    /// Returns the texts that are paths.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &ExprPath> {
        let texts = self.roles.iter().flatten().chain(&self.acr);
        texts.filter_map(|text| match text {
            Text::Path(path) => Some(path),
            Text::Literal(_) => None,
        })
    }

    /// Returns the texts that are paths, to change them.
    pub(crate) fn paths_mut(&mut self) -> impl Iterator<Item = &mut ExprPath> {
        let texts = self.roles.iter_mut().flatten().chain(&mut self.acr);
        texts.filter_map(|text| match text {
            Text::Path(path) => Some(path),
            Text::Literal(_) => None,
        })
    }

    /// Builds the conditions as a constant's value, or returns `None` if there are none.
    pub(crate) fn tokens(&self, krate: &TokenStream) -> Option<TokenStream> {
        self.place.as_ref()?;
        let own = code!(#krate::__private::Conditions);
        let mut value = code!(#own::NONE);
        if !self.roles.is_empty() {
            let sets = self.roles.iter().map(|set| quote!(&[#(#set),*]));
            value = code!(#own::with_roles(#value, &[#(#sets),*]));
        }
        if !self.acr.is_empty() {
            let values = &self.acr;
            value = code!(#own::with_acr(#value, &[#(#values),*]));
        }
        if let Some(seconds) = self.max_age {
            value =
                code!(#own::with_max_age(#value, #krate::__private::Duration::from_secs(#seconds)));
        }
        if self.person {
            value = code!(#own::with_person(#value));
        }
        Some(value)
    }
}

impl ToTokens for Text {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Literal(text) => text.to_tokens(tokens),
            Self::Path(path) => path.to_tokens(tokens),
        }
    }
}

impl Text {
    /// The text that identifies it in a list.
    fn identity(&self) -> String {
        match self {
            Self::Literal(text) => text.value(),
            Self::Path(path) => quote!(#path).to_string(),
        }
    }

    fn parse(value: &Expr, grammar: Grammar, errors: &Errors) -> Option<Self> {
        match value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => {
                if let Some(message) = grammar.first_error(&text.value()) {
                    errors.add_on(text, message);
                }
                Some(Self::Literal(text.clone()))
            }
            Expr::Path(path) => Some(Self::Path(path.clone())),
            other => {
                errors.add_on(other, grammar.expected());
                None
            }
        }
    }
}

impl Grammar {
    /// The runtime checks the same in `Conditions`: this crate cannot depend on it.
    fn first_error(self, text: &str) -> Option<&'static str> {
        match self {
            Self::Role if text.trim().is_empty() => {
                Some("this role is empty, so every caller would be denied: name a role")
            }
            Self::Role if text.chars().any(|c| c.is_ascii_control()) => {
                Some("a role has no control character: remove it")
            }
            Self::Acr if text.is_empty() => Some(
                "this `acr` is empty: write a value that your issuer lists in `acr_values_supported`",
            ),
            Self::Acr
                if !text
                    .bytes()
                    .all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)) =>
            {
                Some(
                    "an `acr` has only printable ASCII characters, and no space, `\"` or `\\`, because a challenge names it (RFC 9470 section 3): for several, write `acr = [\"a\", \"b\"]`",
                )
            }
            Self::Role | Self::Acr => None,
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Role => {
                "this is not a role: write a string, such as \"editor\", or the path of a constant"
            }
            Self::Acr => {
                "this is not an `acr`: write a string, such as \"urn:example:mfa\", or the path of a constant"
            }
        }
    }
}

fn parse_roles(entry: &Entry, key: &str, errors: &Errors) -> Vec<Vec<Text>> {
    let example = match key {
        "role" => "role = \"editor\"",
        "roles" => "roles = [\"a\", \"b\"]",
        _ => "any_role = [\"a\", [\"b\", \"c\"]]",
    };
    let Some(value) = &entry.value else {
        errors.add_at(
            entry.span(),
            format_args!("`{key}` needs a value: write `{example}`"),
        );
        return Vec::new();
    };
    if key == "role" {
        if let Expr::Array(_) = value {
            errors.add_on(value, "a list is not allowed here: to require all of several roles, write `roles = […]`; to require one of them, write `any_role = […]`");
            return Vec::new();
        }
        let role = Text::parse(value, Grammar::Role, errors);
        return role.map(|role| vec![vec![role]]).unwrap_or_default();
    }
    let Expr::Array(list) = value else {
        errors.add_on(
            value,
            format_args!("`{key}` must be a list that is written here: write `{example}`"),
        );
        return Vec::new();
    };
    if list.elems.is_empty() {
        errors.add_on(
            list,
            format_args!("this list is empty: name a role, or remove `{key}`"),
        );
    }
    if key == "roles" {
        return vec![parse_list(value, Grammar::Role, errors)];
    }
    let sets: Vec<(&Expr, Vec<Text>)> = list
        .elems
        .iter()
        .map(|item| (item, parse_list(item, Grammar::Role, errors)))
        .collect();
    for (item, _) in &sets {
        if matches!(item, Expr::Array(inner) if inner.elems.is_empty()) {
            errors.add_on(item, "this list is empty: name a role, or remove it");
        }
    }
    let named = |set: &Vec<Text>| -> BTreeSet<String> { set.iter().map(Text::identity).collect() };
    let names: Vec<_> = sets.iter().map(|(item, set)| (*item, named(set))).collect();
    check_alternatives(&names, "roles", errors);
    sets.into_iter().map(|(_, set)| set).collect()
}

fn parse_acr(entry: &Entry, errors: &Errors) -> Vec<Text> {
    let Some(value) = &entry.value else {
        errors.add_at(
            entry.span(),
            "`acr` needs a value: write `acr = \"urn:example:mfa\"`, or a list in order of preference",
        );
        return Vec::new();
    };
    if let Expr::Array(list) = value
        && list.elems.is_empty()
    {
        errors.add_on(list, "this list is empty: name a value, or remove `acr`");
    }
    parse_list(value, Grammar::Acr, errors)
}

/// Parses a list of texts, or one text.
fn parse_list(value: &Expr, grammar: Grammar, errors: &Errors) -> Vec<Text> {
    let Expr::Array(list) = value else {
        return Text::parse(value, grammar, errors).into_iter().collect();
    };
    let mut texts: Vec<Text> = Vec::new();
    for item in &list.elems {
        let Some(text) = Text::parse(item, grammar, errors) else {
            continue;
        };
        let identity = text.identity();
        match texts.iter().any(|earlier| earlier.identity() == identity) {
            true => errors.add_on(item, "this is listed twice: remove one of the two"),
            false => texts.push(text),
        }
    }
    texts
}
