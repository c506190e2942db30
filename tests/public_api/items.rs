//! The lines that describe one item: its definition, public methods and implemented traits.

use quote::ToTokens;
use syn::{Attribute, Fields, File, ImplItem, Item, ItemImpl, Type, Visibility};

use super::surface::is_public;

/// Tokens as text, spaced as a person writes them as far as a comparison needs it.
pub(crate) fn text(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (from, to) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        ("& ", "&"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" :", ":"),
        ("# ", "#"),
        ("[ ", "["),
        (" ]", "]"),
        (" ;", ";"),
    ] {
        text = text.replace(from, to);
    }
    text
}

/// The name of a public item that is neither a `use` nor a module.
pub(crate) fn public_name(item: &Item) -> Option<String> {
    let (visibility, name): (&Visibility, _) = match item {
        Item::Struct(item) => (&item.vis, &item.ident),
        Item::Enum(item) => (&item.vis, &item.ident),
        Item::Trait(item) => (&item.vis, &item.ident),
        Item::Type(item) => (&item.vis, &item.ident),
        Item::Const(item) => (&item.vis, &item.ident),
        Item::Fn(item) => (&item.vis, &item.sig.ident),
        _ => return None,
    };
    is_public(visibility).then(|| name.to_string())
}

/// The macros by example that the crate exports.
pub(crate) fn exported_macros(file: &File) -> Vec<String> {
    let exported = |attributes: &[Attribute]| {
        let has = |text_of: &str| attributes.iter().any(|a| text(a).contains(text_of));
        has("macro_export") && !has("doc(hidden)")
    };
    let name = |item: &Item| match item {
        Item::Macro(found) if exported(&found.attrs) => found
            .ident
            .as_ref()
            .map(|name| format!("toolgate: macro {name}!")),
        _ => None,
    };
    file.items.iter().filter_map(name).collect()
}

/// The lines of the public item of this name in these files; none if they do not define it.
pub(crate) fn of(name: &str, files: &[&File]) -> Vec<String> {
    let items = files.iter().flat_map(|file| &file.items);
    let defined = items
        .clone()
        .filter(|item| public_name(item).as_deref() == Some(name));
    let mut lines: Vec<_> = defined.flat_map(definition).collect();
    if lines.is_empty() {
        return lines;
    }
    for item in items {
        if let Item::Impl(found) = item
            && self_name(found).as_deref() == Some(name)
        {
            lines.extend(implementation(name, found));
        }
    }
    lines
}

fn definition(item: &Item) -> Vec<String> {
    let derives = |name: &dyn ToTokens, attributes: &[Attribute]| {
        let derived = attributes.iter().filter(|a| a.path().is_ident("derive"));
        derived
            .map(|a| format!("{} for {}", text(&a.meta), text(&name)))
            .collect::<Vec<_>>()
    };
    match item {
        Item::Struct(found) => {
            let (name, generics) = (&found.ident, &found.generics);
            let mut lines = derives(name, &found.attrs);
            lines.push(format!("struct {}{}", name, text(generics)));
            lines.extend(public_fields(&found.fields).map(|field| format!("field {name}.{field}")));
            lines
        }
        Item::Enum(found) => {
            let (name, generics) = (&found.ident, &found.generics);
            let mut lines = derives(name, &found.attrs);
            lines.push(format!("enum {}{}", name, text(generics)));
            let variant =
                |v: &syn::Variant| format!("variant {name}::{}{}", v.ident, text(&v.fields));
            lines.extend(found.variants.iter().map(variant));
            lines
        }
        Item::Trait(found) => {
            let (name, generics) = (&found.ident, &found.generics);
            let parents = &found.supertraits;
            let mut lines = vec![format!(
                "trait {}{}: {}",
                name,
                text(generics),
                text(parents)
            )];
            lines.extend(
                found
                    .items
                    .iter()
                    .map(|item| format!("{name} has {}", signature(item))),
            );
            lines
        }
        Item::Type(found) => vec![format!(
            "type {}{} = {}",
            found.ident,
            text(&found.generics),
            text(&found.ty)
        )],
        Item::Const(found) => vec![format!("const {}: {}", found.ident, text(&found.ty))],
        Item::Fn(found) => vec![text(&found.sig)],
        _ => Vec::new(),
    }
}

fn public_fields(fields: &Fields) -> impl Iterator<Item = String> {
    let named = |(number, field): (usize, &syn::Field)| {
        let name = field
            .ident
            .as_ref()
            .map_or(number.to_string(), ToString::to_string);
        format!("{name}: {}", text(&field.ty))
    };
    let public = fields
        .iter()
        .enumerate()
        .filter(|(_, field)| is_public(&field.vis));
    public.map(named).collect::<Vec<_>>().into_iter()
}

fn signature(item: &syn::TraitItem) -> String {
    match item {
        syn::TraitItem::Fn(method) => text(&method.sig),
        syn::TraitItem::Const(constant) => {
            format!("const {}: {}", constant.ident, text(&constant.ty))
        }
        syn::TraitItem::Type(kind) => format!("type {}", kind.ident),
        _ => String::new(),
    }
}

/// The name of the type that an `impl` is for.
fn self_name(found: &ItemImpl) -> Option<String> {
    match &*found.self_ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    }
}

fn implementation(name: &str, found: &ItemImpl) -> Vec<String> {
    let hidden = |attributes: &[Attribute]| {
        attributes
            .iter()
            .any(|a| text(a).contains("doc(hidden)") || text(a).contains("cfg(test)"))
    };
    if hidden(&found.attrs) {
        return Vec::new();
    }
    if let Some((implemented, _)) = &found.trait_ {
        return vec![format!(
            "impl{} {} for {}",
            text(&found.generics),
            text(implemented),
            text(&found.self_ty)
        )];
    }
    let public = found.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) if is_public(&method.vis) && !hidden(&method.attrs) => {
            let signature = text(&method.sig);
            let (before, after) = signature.split_once("fn ")?;
            Some(format!("{before}fn {name}::{after}"))
        }
        ImplItem::Const(constant) if is_public(&constant.vis) => Some(format!(
            "const {name}::{}: {}",
            constant.ident,
            text(&constant.ty)
        )),
        _ => None,
    });
    public.collect()
}
