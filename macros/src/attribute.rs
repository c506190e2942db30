//! `#[mcp_tool(…)]` and `#[mcp_tools(…)]`: what they state, apart from parameters.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, ExprLit, ExprPath, Ident, Lit, LitStr};

use crate::{
    access::{self, Access, Scope},
    entry::{Entry, entries},
    errors::Errors,
};

const KEYS: [&str; 18] = [
    "scope",
    "scopes",
    "any_scope",
    "authenticated",
    "public",
    "authorize",
    "demands",
    "name",
    "title",
    "description",
    "read_only",
    "destructive",
    "idempotent",
    "open_world",
    "icons",
    "meta",
    "step_up",
    "crate",
];

/// What `#[mcp_tool(…)]` states.
#[derive(Default)]
pub(crate) struct ToolAttribute {
    /// None when it is not stated, or not understood; either was told.
    pub(crate) access: Option<Access>,
    /// The function that decides over caller and arguments.
    pub(crate) authorize: Option<ExprPath>,
    /// The scopes that it may demand.
    pub(crate) demands: Vec<Scope>,
    pub(crate) name: Option<LitStr>,
    pub(crate) title: Option<LitStr>,
    pub(crate) description: Option<LitStr>,
    pub(crate) hints: Vec<(Ident, bool)>,
    pub(crate) icons: Vec<Expr>,
    pub(crate) meta: Option<Expr>,
    pub(crate) krate: Option<TokenStream>,
}

impl ToolAttribute {
    /// Reads the attribute's content; `place` is where to tell what is missing.
    pub(crate) fn read(tokens: TokenStream, place: Span, errors: &Errors) -> Self {
        let before = errors.count();
        let entries = entries(tokens, &KEYS, errors);
        // An entry that could not be read may have been the one that is missed.
        let complete = errors.count() == before;
        let mut attribute = Self::default();
        attribute.read_access(&entries, complete.then_some(place), errors);
        for entry in &entries {
            match entry.key.to_string().as_str() {
                "name" => attribute.name = entry.text(errors).filter(|name| is_name(name, errors)),
                "authorize" => attribute.authorize = path(entry, errors),
                "demands" => attribute.demands = demands(entry, errors),
                "title" => attribute.title = entry.text(errors),
                "description" => attribute.description = entry.text(errors),
                "step_up" => attribute
                    .hints
                    .push((entry.key.clone(), entry.flag(errors))),
                "read_only" | "destructive" | "idempotent" | "open_world" => {
                    if let Some(value) = entry.switch(errors) {
                        attribute.hints.push((entry.key.clone(), value));
                    }
                }
                "icons" => attribute.icons = icons(entry, errors),
                "meta" => match &entry.value {
                    Some(value) => attribute.meta = Some(value.clone()),
                    None => errors.at(
                        entry.span(),
                        "`meta` needs an object: `meta = serde_json::json!({ … })`",
                    ),
                },
                "crate" => attribute.krate = krate(entry, errors),
                // The others state who may call.
                _ => {}
            }
        }
        attribute.check_hints(errors);
        let demands = entries.iter().find(|entry| entry.key == "demands");
        if let Some(demands) = demands.filter(|_| complete && attribute.authorize.is_none()) {
            errors.at(
                demands.span(),
                "`demands` lists what an `authorize` function may demand, and there is none: state `authorize = path`, or ask for these scopes by `scopes = […]`",
            );
        }
        attribute
    }

    fn read_access(&mut self, entries: &[Entry], place: Option<Span>, errors: &Errors) {
        let mut stated = entries
            .iter()
            .filter(|entry| access::KEYS.iter().any(|key| entry.key == key));
        let Some(first) = stated.next() else {
            if let Some(place) = place {
                errors.at(
                    place,
                    format_args!("who may call this tool? {}", access::CHOICES),
                );
            }
            return;
        };
        self.access = Access::read(first, errors);
        for more in stated {
            errors.at(
                more.span(),
                format_args!(
                    "who may call is stated already, by `{}`: state it once",
                    first.key
                ),
            );
        }
    }

    fn hint(&self, name: &str) -> Option<&(Ident, bool)> {
        self.hints.iter().find(|(key, _)| key == name)
    }

    fn check_hints(&self, errors: &Errors) {
        if let (Some((_, true)), Some((key, true))) =
            (self.hint("read_only"), self.hint("destructive"))
        {
            errors.at(
                key.span(),
                "a tool that is `read_only` destroys nothing: keep one of the two",
            );
        }
        if let (Some((key, _)), Some(Access::Public | Access::Authenticated)) =
            (self.hint("step_up"), &self.access)
        {
            errors.at(key.span(), "`step_up` is about scopes, and this tool asks for none: take it away, or state a scope");
        }
    }
}

/// What `#[mcp_tools(…)]` states.
pub(crate) struct GroupAttribute {
    pub(crate) krate: TokenStream,
    /// The name of the function that registers the tools.
    pub(crate) register: Ident,
    /// The scopes that the tools may ask for.
    pub(crate) vocabulary: Option<ExprPath>,
}

impl GroupAttribute {
    pub(crate) fn read(tokens: TokenStream, errors: &Errors) -> Self {
        let mut attribute = Self {
            krate: default_krate(),
            register: Ident::new("tools", Span::call_site()),
            vocabulary: None,
        };
        for entry in entries(tokens, &["register", "vocabulary", "crate"], errors) {
            if entry.key == "vocabulary" {
                match &entry.value {
                    Some(Expr::Path(path)) => attribute.vocabulary = Some(path.clone()),
                    _ => errors.at(entry.span(), "`vocabulary` is the path of what `scopes!` declares: `vocabulary = scope::ALL`"),
                }
            } else if entry.key == "crate" {
                attribute.krate = krate(&entry, errors).unwrap_or_else(default_krate);
            } else if let Some(Expr::Path(path)) = &entry.value
                && let Some(name) = path.path.get_ident()
            {
                attribute.register = name.clone();
            } else {
                errors.at(entry.span(), "`register` names the function that registers the tools: `register = more_tools`");
            }
        }
        attribute
    }
}

/// Where expansions find the runtime, unless `crate = …` says otherwise.
pub(crate) fn default_krate() -> TokenStream {
    quote!(::toolgate)
}

fn krate(entry: &Entry, errors: &Errors) -> Option<TokenStream> {
    match &entry.value {
        Some(Expr::Path(path)) => Some(path.to_token_stream()),
        other => {
            let message = "`crate` is the path of toolgate: `crate = my_crate::toolgate`";
            match other {
                Some(value) => errors.on(value, message),
                None => errors.at(entry.span(), message),
            }
            None
        }
    }
}

/// The function that decides, by its path.
fn path(entry: &Entry, errors: &Errors) -> Option<ExprPath> {
    match &entry.value {
        Some(Expr::Path(path)) => Some(path.clone()),
        other => {
            let message = "`authorize` is the path of a function over caller and arguments: `authorize = check`, with `fn check(caller: &Caller, path: &str) -> Result<(), Denied>`";
            match other {
                Some(value) => errors.on(value, message),
                None => errors.at(entry.span(), message),
            }
            None
        }
    }
}

fn demands(entry: &Entry, errors: &Errors) -> Vec<Scope> {
    match &entry.value {
        Some(value) => access::set(value, "demands", errors).unwrap_or_default(),
        None => {
            errors.at(
                entry.span(),
                "`demands` needs a list of scopes: `demands = [\"files:admin\"]`",
            );
            Vec::new()
        }
    }
}

fn icons(entry: &Entry, errors: &Errors) -> Vec<Expr> {
    let Some(Expr::Array(list)) = &entry.value else {
        errors.at(
            entry.span(),
            "`icons` is a list: `icons = [\"https://example.com/icon.png\"]`, or rmcp's `Icon`s",
        );
        return Vec::new();
    };
    for icon in &list.elems {
        // What a client may load: nothing with the powers of the page that shows it.
        if let Expr::Lit(ExprLit {
            lit: Lit::Str(src), ..
        }) = icon
            && !["https://", "http://", "data:"]
                .iter()
                .any(|scheme| src.value().starts_with(scheme))
        {
            errors.on(src, "an icon is an `https:`, `http:` or `data:` URI");
        }
    }
    list.elems.iter().cloned().collect()
}

/// The protocol's rule for names of tools: 1 to 128 of `A-Za-z0-9_.-`.
fn is_name(name: &LitStr, errors: &Errors) -> bool {
    let text = name.value();
    let right = (1..=128).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    if !right && !text.trim().is_empty() {
        errors.on(
            name,
            "a tool's name has 1 to 128 of the letters A-Z and a-z, digits, `_`, `-` and `.`",
        );
    }
    right
}

#[cfg(test)]
mod tests;
