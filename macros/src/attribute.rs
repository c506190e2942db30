//! Parses the content of `#[mcp_tool(…)]`, `#[mcp_resource(…)]` and `#[mcp_prompt(…)]`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, ExprLit, ExprPath, Ident, Lit, LitStr};

use crate::{
    access::{self, Access, Scope},
    attribute_syntax::{Entry, parse_entries},
    capability::ClientCapability,
    conditions::Conditions,
    errors::Errors,
    item_kind::ItemKind,
    limits::Limits,
    renamed_crate,
    uri_template::Uri,
};

/// The parsed content of an attribute.
pub(crate) struct ItemAttribute {
    pub(crate) kind: ItemKind,
    /// `None` if it is missing or invalid; an error was reported.
    pub(crate) access: Option<Access>,
    /// Its conditions in addition to the access.
    pub(crate) conditions: Conditions,
    /// Its limits for each caller.
    pub(crate) limits: Limits,
    /// The function that authorizes a request from the caller and the parameters.
    pub(crate) authorize: Option<ExprPath>,
    /// Whether this function is a method with `&self`.
    pub(crate) authorize_takes_self: bool,
    /// The scopes that this function may require.
    pub(crate) authorize_scopes: Vec<Scope>,
    pub(crate) name: Option<LitStr>,
    pub(crate) title: Option<LitStr>,
    /// The question that the user confirms before the item runs.
    pub(crate) confirm: Option<LitStr>,
    /// The question that the user answers on the server's own page before the item runs.
    pub(crate) approve: Option<LitStr>,
    pub(crate) description: Option<LitStr>,
    pub(crate) hints: Vec<(Ident, bool)>,
    pub(crate) icons: Vec<Expr>,
    pub(crate) meta: Option<Expr>,
    /// The capabilities that the client must declare.
    pub(crate) client_capabilities: Vec<ClientCapability>,
    /// For resources only.
    pub(crate) uri: Option<Uri>,
    pub(crate) mime_type: Option<LitStr>,
    /// In bytes, for resources only.
    pub(crate) size: Option<u64>,
    pub(crate) krate: Option<TokenStream>,
}

impl ItemAttribute {
    /// Parses the attribute's content; reports a missing key at `place`.
    pub(crate) fn parse(kind: ItemKind, tokens: TokenStream, place: Span, errors: &Errors) -> Self {
        let before = errors.count();
        let entries = parse_entries(tokens, &kind.keys(), errors);
        // The missing key may be an entry that could not be parsed.
        let complete = errors.count() == before;
        let mut attribute = Self::new(kind);
        attribute.parse_access(&entries, complete.then_some(place), errors);
        attribute.conditions = Conditions::parse(&entries, errors);
        attribute.limits = Limits::parse(&entries, errors);
        for entry in &entries {
            match entry.key.to_string().as_str() {
                "name" => {
                    attribute.name = entry
                        .text(errors)
                        .filter(|name| is_name(kind, name, errors))
                }
                "uri" => {
                    attribute.uri = entry.text(errors).and_then(|text| Uri::parse(text, errors))
                }
                "mime_type" => {
                    attribute.mime_type =
                        entry.text(errors).filter(|text| is_mime_type(text, errors))
                }
                "size" => attribute.size = entry.count(errors),
                "authorize" => attribute.authorize = parse_authorize(entry, errors),
                "authorize_scopes" => {
                    attribute.authorize_scopes = parse_authorize_scopes(entry, errors)
                }
                "title" => attribute.title = entry.text(errors),
                "confirm" => attribute.confirm = entry.text(errors),
                "approve" => attribute.approve = entry.text(errors),
                "description" => attribute.description = entry.text(errors),
                "step_up" => attribute
                    .hints
                    .push((entry.key.clone(), entry.flag(errors))),
                "read_only" | "destructive" | "idempotent" | "open_world" => {
                    if let Some(value) = entry.switch(errors) {
                        attribute.hints.push((entry.key.clone(), value));
                    }
                }
                "icons" => attribute.icons = parse_icons(entry, errors),
                "meta" => match &entry.value {
                    Some(value) => attribute.meta = Some(value.clone()),
                    None => errors.add_at(
                        entry.span(),
                        "`meta` needs an object: write `meta = serde_json::json!({ … })`",
                    ),
                },
                "client_capabilities" => {
                    attribute.client_capabilities = ClientCapability::parse_list(entry, errors);
                }
                "crate" => attribute.krate = parse_krate(entry, errors),
                // The other keys declare the access and the limits.
                _ => {}
            }
        }
        attribute.check_hints(errors);
        let declared = |key: &str| entries.iter().find(|entry| entry.key == key);
        if kind == ItemKind::Resource && complete && declared("uri").is_none() {
            errors.add_at(
                place,
                "this resource has no URI: add one, `uri = \"notes://all\"`, or a template, `uri = \"notes://{id}\"`",
            );
        }
        if let (Some(size), Some(uri)) = (declared("size"), &attribute.uri)
            && !uri.variables.is_empty()
        {
            errors.add_at(
                size.span(),
                "`size` is the size of one resource, but a template describes many: remove `size`",
            );
        }
        attribute
    }

    fn new(kind: ItemKind) -> Self {
        Self {
            kind,
            access: None,
            conditions: Conditions::default(),
            limits: Limits::default(),
            authorize: None,
            authorize_takes_self: false,
            authorize_scopes: Vec::new(),
            name: None,
            title: None,
            confirm: None,
            approve: None,
            description: None,
            hints: Vec::new(),
            icons: Vec::new(),
            meta: None,
            client_capabilities: Vec::new(),
            uri: None,
            mime_type: None,
            size: None,
            krate: None,
        }
    }

    /// Returns the paths of the scopes, of the conditions and of the `authorize` function.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &ExprPath> {
        let access = self.access.iter().flat_map(Access::scopes);
        let scopes = access.chain(&self.authorize_scopes);
        let scopes = scopes.filter_map(|scope| match scope {
            Scope::Path(path) => Some(path),
            Scope::Literal(_) => None,
        });
        scopes.chain(&self.authorize).chain(self.conditions.paths())
    }

    /// Returns the scopes and the texts of conditions that are paths.
    pub(crate) fn constants_mut(&mut self) -> impl Iterator<Item = &mut ExprPath> {
        let access = self.access.iter_mut().flat_map(Access::scopes_mut);
        let scopes = access.chain(&mut self.authorize_scopes);
        let scopes = scopes.filter_map(|scope| match scope {
            Scope::Path(path) => Some(path),
            Scope::Literal(_) => None,
        });
        scopes.chain(self.conditions.paths_mut())
    }

    fn parse_access(&mut self, entries: &[Entry], place: Option<Span>, errors: &Errors) {
        let mut declared = entries
            .iter()
            .filter(|entry| access::KEYS.iter().any(|key| entry.key == key));
        let Some(first) = declared.next() else {
            if let Some(place) = place {
                errors.add_at(
                    place,
                    format_args!("{} {}", self.kind.missing_access(), access::CHOICES),
                );
            }
            return;
        };
        self.access = Access::parse(first, errors);
        for more in declared {
            errors.add_at(
                more.span(),
                format_args!(
                    "access is already declared by `{}`: keep one of the two",
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
            errors.add_at(
                key.span(),
                "`read_only` and `destructive` contradict each other: keep one of the two",
            );
        }
        if let Some(Access::Public) = self.access {
            self.conditions.refuse_public(errors);
        }
        if let (Some((key, _)), Some(Access::Public | Access::Authenticated)) =
            (self.hint("step_up"), &self.access)
        {
            errors.add_at(
                key.span(),
                format_args!(
                    "`step_up` applies to scopes, and this {} requires none: remove `step_up`, or require a scope",
                    self.kind.noun()
                ),
            );
        }
    }
}

/// Returns the path of the runtime in expansions: that of `crate = …`, or the default, which must
/// exist.
pub(crate) fn krate_or_default(krate: Option<TokenStream>, errors: &Errors) -> TokenStream {
    krate.unwrap_or_else(|| match renamed_crate::name() {
        Some(name) => {
            errors.add_at(Span::call_site(), format_args!("this package names toolgate `{name}`, and the attribute looks for `toolgate`: write `crate = {name}` in the attribute"));
            quote!(::#name)
        }
        None => quote!(::toolgate),
    })
}

pub(crate) fn parse_krate(entry: &Entry, errors: &Errors) -> Option<TokenStream> {
    match &entry.value {
        Some(Expr::Path(path)) => Some(path.to_token_stream()),
        other => {
            let message =
                "`crate` must be the path of toolgate: write `crate = my_crate::toolgate`";
            match other {
                Some(value) => errors.add_on(value, message),
                None => errors.add_at(entry.span(), message),
            }
            None
        }
    }
}

/// Parses the path of the `authorize` function.
fn parse_authorize(entry: &Entry, errors: &Errors) -> Option<ExprPath> {
    match &entry.value {
        Some(Expr::Path(path)) => Some(path.clone()),
        other => {
            let message = "`authorize` must be the path of a function that takes the caller and the parameters of the item: write `authorize = check`, with `fn check(caller: &Caller, path: &str) -> Result<(), AuthorizeError>`";
            match other {
                Some(value) => errors.add_on(value, message),
                None => errors.add_at(entry.span(), message),
            }
            None
        }
    }
}

fn parse_authorize_scopes(entry: &Entry, errors: &Errors) -> Vec<Scope> {
    match &entry.value {
        Some(value) => access::parse_set(value, "authorize_scopes", errors).unwrap_or_default(),
        None => {
            errors.add_at(
                entry.span(),
                "`authorize_scopes` needs a list of scopes: write `authorize_scopes = [\"files:admin\"]`",
            );
            Vec::new()
        }
    }
}

fn parse_icons(entry: &Entry, errors: &Errors) -> Vec<Expr> {
    let Some(Expr::Array(list)) = &entry.value else {
        errors.add_at(
            entry.span(),
            "`icons` must be a list: write `icons = [\"https://example.com/icon.png\"]`, or list values of rmcp's `Icon`",
        );
        return Vec::new();
    };
    for icon in &list.elems {
        // A client loads this URI: a `javascript:` URI would run in the page that shows it.
        if let Expr::Lit(ExprLit {
            lit: Lit::Str(src), ..
        }) = icon
            && !["https://", "http://", "data:"]
                .iter()
                .any(|scheme| src.value().starts_with(scheme))
        {
            errors.add_on(src, "an icon must be an `https:`, `http:` or `data:` URI");
        }
    }
    list.elems.iter().cloned().collect()
}

/// Checks a name by the protocol's rule for tools: 1 to 128 characters of `A-Za-z0-9_.-`.
/// The rule is used for prompts too. The name of a resource is free: its URI identifies it.
fn is_name(kind: ItemKind, name: &LitStr, errors: &Errors) -> bool {
    let text = name.value();
    let is_valid = kind == ItemKind::Resource
        || (1..=128).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    if !is_valid && !text.trim().is_empty() {
        errors.add_on(
            name,
            format_args!(
                "a {}'s name must have 1 to 128 characters, each a letter A-Z or a-z, a digit, `_`, `-` or `.`",
                kind.noun()
            ),
        );
    }
    is_valid
}

/// Checks a media type by RFC 6838 §4.2. It may have parameters: `text/markdown;charset=utf-8`.
fn is_mime_type(text: &LitStr, errors: &Errors) -> bool {
    let value = text.value();
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let essence = value.split(';').next().unwrap_or_default();
    let is_valid = essence
        .split_once('/')
        .is_some_and(|(kind, subtype)| is_part(kind) && is_part(subtype));
    if !is_valid && !value.trim().is_empty() {
        errors.add_on(
            text,
            "a media type must have a type and a subtype: write one such as `text/markdown`",
        );
    }
    is_valid
}

#[cfg(test)]
mod tests;
