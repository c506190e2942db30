//! Parses one parameter: the receiver, an argument, or an extractor.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, FnArg, Pat, PatType, ReceiverKind, Type, ext::IdentExt, parse_quote,
    spanned::Spanned,
};

use crate::{
    doc_comment,
    errors::Errors,
    item_kind::ItemKind,
    json_type::{JsonType, last_segment, sole_argument},
    rules::Rules,
};

/// A parameter of a tool, a resource or a prompt.
pub(crate) enum Parameter {
    /// `self`, in a form that an `Arc` of the type can provide.
    Receiver(Receiver),
    /// A named argument.
    Argument(Box<Argument>),
    /// `Args<T>`, with this `T`.
    Arguments(Type),
    /// Extracted from the call; not visible to the model.
    Extractor(Extractor),
}

/// How a method takes `self`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    /// `&self`
    Reference,
    /// `self: Arc<Self>`
    Shared,
    /// `self: &Arc<Self>`
    SharedReference,
}

pub(crate) struct Argument {
    /// The name in the published schema.
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) ty: Type,
    pub(crate) description: Option<TokenStream>,
    pub(crate) rules: Rules,
}

pub(crate) struct Extractor {
    pub(crate) ty: Type,
    /// Whether it is `Caller`, which a call without a token does not have.
    pub(crate) is_caller: bool,
    /// Whether it is the caller, the context or the round of the request. An `authorize` function
    /// gets the caller in another form, and does not get the other two.
    pub(crate) is_of_request: bool,
}

impl Parameter {
    /// Parses a parameter and removes our attributes from it.
    pub(crate) fn parse(
        input: &mut FnArg,
        kind: ItemKind,
        krate: &TokenStream,
        errors: &Errors,
    ) -> Option<Self> {
        match input {
            FnArg::Receiver(receiver) => {
                let found = parse_receiver(receiver, errors);
                if found.is_none() && is_of_the_users(receiver) {
                    *receiver = parse_quote!(&self);
                }
                found.map(Self::Receiver)
            }
            FnArg::Typed(typed) => {
                let ours = take_ours(&mut typed.attrs);
                // Removed, because the compiler knows no attribute of ours behind `cfg_attr`.
                let conditional = typed.attrs.extract_if(.., |one| is_cfg(one)).next();
                if let Some(cfg) = conditional {
                    errors.add_on(cfg, "a parameter cannot have a `cfg` or a `cfg_attr`, because the schema must be known: write a second function, and put a `cfg` on each");
                }
                Self::parse_typed(typed, &ours, kind, krate, errors)
            }
        }
    }

    fn parse_typed(
        typed: &PatType,
        ours: &[Attribute],
        kind: ItemKind,
        krate: &TokenStream,
        errors: &Errors,
    ) -> Option<Self> {
        let marked = |name: &str| ours.iter().find(|one| one.path().is_ident(name));
        let arg = marked("arg");
        let extract = marked("extract");
        if let (Some(arg), Some(_)) = (arg, extract) {
            errors.add_on(
                arg,
                "a parameter is either an argument or an extractor: keep one of `#[arg]` and `#[extract]`",
            );
        }
        for (number, one) in ours.iter().enumerate() {
            if !doc_comment::is_doc(one)
                && ours[..number]
                    .iter()
                    .any(|earlier| earlier.path().get_ident() == one.path().get_ident())
            {
                errors.add_on(one, "this attribute is repeated: merge the two");
            }
        }
        let ty = (*typed.ty).clone();
        if let Type::Reference(reference) = &ty
            && extract.is_none()
            && arg.is_none()
            && let Some(name) = last_segment(&reference.elem).map(|segment| &segment.ident)
            && ["State", "Caller", "Context"]
                .iter()
                .any(|known| name == known)
        {
            errors.add_on(
                &ty,
                format_args!("an extractor cannot borrow, because the call owns it: take `{name}` without a reference"),
            );
            return None;
        }
        let segment = last_segment(&ty);
        let name = segment.map(|segment| segment.ident.to_string());
        if arg.is_none() {
            let is_caller = name.as_deref() == Some("Caller");
            let known = matches!(name.as_deref(), Some("State" | "Caller" | "Context"))
                || is_optional_caller(&ty);
            if let (Some("State"), Some(segment), None) = (name.as_deref(), segment, extract)
                && segment.arguments.is_none()
            {
                errors.add_on(
                    &ty,
                    "`State` needs a type: write `State(db): State<Db>`, or mark a type of your own that has this name with `#[arg]` or `#[extract]`",
                );
                return None;
            }
            if extract.is_some() || known {
                nameable(&ty, Role::Extractor, errors);
                let is_of_request = matches!(name.as_deref(), Some("Caller" | "Context" | "Round"))
                    || is_optional_caller(&ty);
                return Some(Self::Extractor(Extractor {
                    ty,
                    is_caller,
                    is_of_request,
                }));
            }
            if let (Some("Args"), Some(segment)) = (name.as_deref(), segment) {
                let Some(inner) = sole_argument(segment) else {
                    errors.add_on(
                        &ty,
                        "`Args` needs a type: write `Args(search): Args<Search>`, or mark a type of your own that has this name with `#[arg]`",
                    );
                    return None;
                };
                nameable(inner, Role::Argument, errors);
                return Some(Self::Arguments(inner.clone()));
            }
        }
        nameable(&ty, Role::Argument, errors);
        let rules = arg.map(|arg| Rules::parse(arg, JsonType::from_type(&ty), kind, errors));
        let rules = rules.unwrap_or_default();
        let (name, span) = argument_name(&typed.pat, &rules, errors)?;
        Some(Self::Argument(Box::new(Argument {
            name,
            span,
            description: doc_comment::description(ours, krate),
            ty,
            rules,
        })))
    }
}

/// Returns the name of an argument, and where it is declared.
fn argument_name(pattern: &Pat, rules: &Rules, errors: &Errors) -> Option<(String, Span)> {
    if let Some(rename) = &rules.rename {
        let name = rename.value();
        let is_valid = (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
        if !is_valid {
            errors.add_on(rename, "an argument's name must have 1 to 64 characters, each a letter A-Z or a-z, a digit, `_`, `-` or `.`; some models accept no others");
        }
        return Some((name, rename.span()));
    }
    let Pat::Ident(ident) = pattern else {
        errors.add_on(
            pattern,
            "this pattern does not name the argument: give the parameter a name, add `#[arg(rename = \"…\")]`, or mark your own extractor with `#[extract]`",
        );
        return None;
    };
    let name = ident.ident.unraw().to_string();
    if name.starts_with('_') {
        errors.add_on(&ident.ident, "this argument's name begins with `_`: remove the `_`, or set the name with `#[arg(rename = \"…\")]`");
    } else if !name.is_ascii() {
        errors.add_on(&ident.ident, "this name is not ASCII, and some models accept only ASCII: set the name with `#[arg(rename = \"…\")]`");
    }
    Some((name, ident.ident.span()))
}

fn parse_receiver(receiver: &syn::Receiver, errors: &Errors) -> Option<Receiver> {
    let found = match &receiver.kind {
        ReceiverKind::Reference(_, None, None) => Some(Receiver::Reference),
        ReceiverKind::Reference(_, Some(_), None) => {
            errors.add_on(
                receiver,
                "a call borrows the value for its own time only: take `&self` or `self: Arc<Self>`",
            );
            return None;
        }
        ReceiverKind::Typed(_, ty) => match &**ty {
            Type::Reference(to) if to.mutability.is_none() && to.lifetime.is_none() => {
                match (is_self(&to.elem), is_shared(&to.elem)) {
                    (true, _) => Some(Receiver::Reference),
                    (_, true) => Some(Receiver::SharedReference),
                    _ => None,
                }
            }
            ty if is_shared(ty) => Some(Receiver::Shared),
            _ => None,
        },
        _ => None,
    };
    if found.is_none() {
        errors.add_on(
            receiver,
            "concurrent calls share the value, so a method cannot take it like this: take `&self` or `self: Arc<Self>`, and put mutable data behind a lock",
        );
    }
    found
}

/// Returns whether the pointer around `Self` is not a type of the standard library. The compiler
/// reports such a receiver, too.
fn is_of_the_users(receiver: &syn::Receiver) -> bool {
    let known = ["Self", "Box", "Rc", "Arc", "Pin"];
    matches!(&receiver.kind, ReceiverKind::Typed(_, ty) if last_segment(ty).is_some_and(|segment| known.iter().all(|known| segment.ident != known)))
}

/// Returns whether a type is `Self`.
fn is_self(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident("Self"))
}

/// Returns whether a type is `Arc<Self>`, by any path.
fn is_shared(ty: &Type) -> bool {
    let arc = last_segment(ty).filter(|segment| segment.ident == "Arc");
    arc.and_then(sole_argument).is_some_and(is_self)
}

/// Removes doc comments, `#[arg]` and `#[extract]` from a parameter, where the compiler
/// does not allow them.
fn take_ours(attributes: &mut Vec<Attribute>) -> Vec<Attribute> {
    let is_ours = |one: &Attribute| {
        doc_comment::is_doc(one) || one.path().is_ident("arg") || one.path().is_ident("extract")
    };
    attributes.extract_if(.., |one| is_ours(one)).collect()
}

/// Removes our attributes from a parameter.
pub(crate) fn clean(input: &mut FnArg) {
    if let FnArg::Typed(typed) = input {
        take_ours(&mut typed.attrs);
    }
}

/// Returns whether an attribute makes its item conditional.
pub(crate) fn is_cfg(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr")
}

fn is_optional_caller(ty: &Type) -> bool {
    let inner = last_segment(ty)
        .filter(|segment| segment.ident == "Option")
        .and_then(sole_argument)
        .and_then(last_segment);
    inner.is_some_and(|segment| segment.ident == "Caller")
}

/// The role of a type in the signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Argument,
    Extractor,
    Result,
}

/// Refuses types that an `impl` outside the function cannot name.
pub(crate) fn nameable(ty: &Type, role: Role, errors: &Errors) {
    if let Some((span, what)) = unnameable(ty.to_token_stream(), role) {
        errors.add_at(if what == BORROW { ty.span() } else { span }, match (what, role) {
            (BORROW, Role::Argument) => "an argument cannot borrow, because the call owns it: take `String` instead of `&str`, `Vec<T>` instead of `&[T]`",
            (BORROW, Role::Extractor) => "an extractor cannot borrow, because the call owns it: take it without a reference",
            (BORROW, Role::Result) => "a result cannot borrow, because it outlives the call: return `String` or `&'static str` instead of `&str`",
            (LIFETIME, _) => "only the lifetime `'static` is allowed here: use an owned type",
            (_, Role::Result) => "`impl Trait` is not supported as a result: return a named type, such as `String` or `Json<T>`",
            _ => "`impl Trait` is not supported as a parameter: use a named type",
        });
    }
}

const BORROW: &str = "&";
const LIFETIME: &str = "'";

/// Returns the first token that makes a type unnameable. Skips `Fn(…)`, which declares its
/// own lifetimes.
fn unnameable(tokens: TokenStream, role: Role) -> Option<(Span, &'static str)> {
    let mut tokens = tokens.into_iter().peekable();
    let mut in_function = false;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ident == "impl" => return Some((ident.span(), "impl")),
            TokenTree::Ident(ident) => {
                in_function = ["Fn", "FnMut", "FnOnce", "fn"]
                    .iter()
                    .any(|name| ident == name);
            }
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                if let Some(TokenTree::Ident(name)) = tokens.next()
                    && name != "static"
                {
                    return Some((name.span(), LIFETIME));
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                let lifetime =
                    matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\'');
                if !lifetime || role == Role::Argument {
                    return Some((punct.span(), BORROW));
                }
            }
            TokenTree::Group(group) if !std::mem::take(&mut in_function) => {
                if let Some(found) = unnameable(group.stream(), role) {
                    return Some(found);
                }
            }
            _ => {}
        }
    }
    None
}
