//! Expands `#[mcp_tools]` on an `impl` block: its methods with `#[mcp_tool(…)]`,
//! `#[mcp_resource(…)]` and `#[mcp_prompt(…)]`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::{
    Attribute, ExprPath, ImplItem, ImplItemFn, Item, ItemImpl, Meta, ReceiverKind, Type,
    parse_quote,
};

use crate::{
    attribute::ItemAttribute,
    errors::Errors,
    expand,
    function::{EXPANDED, begins_with_self, is_ours},
    invalid_item::InvalidItem,
    item_kind::ItemKind,
    model::{ItemModel, attribute_span},
    parameter::{Parameter, clean, is_cfg},
    tools_attribute::BlockAttribute,
};

pub(crate) mod registration;

/// Expands `#[mcp_tools(attribute)] item`.
///
/// # Errors
///
/// An invalid item, with all its errors.
pub(crate) fn expand(
    attribute: TokenStream,
    item: TokenStream,
) -> Result<TokenStream, InvalidItem> {
    let errors = Errors::new();
    let mut block = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Impl(block)) => block,
        Ok(Item::Fn(_)) => {
            errors.add_at(
                Span::call_site(),
                "`#[mcp_tools]` applies to an `impl` block: put `#[mcp_tool(…)]` on a function",
            );
            return Err(InvalidItem::other(errors, item));
        }
        Ok(_) => {
            errors.add_at(
                Span::call_site(),
                "`#[mcp_tools]` applies to an `impl` block: put it on one",
            );
            return Err(InvalidItem::other(errors, item));
        }
        Err(error) => {
            errors.add(error);
            return Err(InvalidItem::other(errors, item));
        }
    };
    let mut attribute = BlockAttribute::parse(attribute, &errors);
    check(&block, &errors);
    refuse_second_attribute(&mut block, &errors);
    if let Some(path) = &mut attribute.declared_scopes {
        name_self(path, &block.self_ty);
    }
    let mut models = Vec::new();
    // Includes invalid methods, so that calls of the registering functions still compile.
    let mut meant = Vec::new();
    let writes_ours =
        |item: &ImplItem| matches!(item, ImplItem::Macro(call) if names_ours(&call.mac.tokens));
    for call in block.items.extract_if(.., |item| writes_ours(item)) {
        errors.add_on(call, "this macro expands after `#[mcp_tools]`, which cannot see its methods: have the macro write the whole `impl` block, with the attribute");
        meant.push(ItemKind::Tool);
    }
    for item in &mut block.items {
        let ImplItem::Fn(method) = item else { continue };
        match parse_method(method, block.trait_.is_some(), &attribute.krate, &errors) {
            ParsedMethod::Item(mut model) => {
                model
                    .attribute
                    .constants_mut()
                    .for_each(|path| name_self(path, &block.self_ty));
                meant.push(model.attribute.kind);
                models.push(*model);
            }
            ParsedMethod::Other => {}
            ParsedMethod::Invalid => meant.push(ItemKind::Tool),
        }
    }
    if meant.is_empty() {
        errors.add_on(
            &block.self_ty,
            "no method of this block has `#[mcp_tool(…)]`, `#[mcp_resource(…)]` or `#[mcp_prompt(…)]`: put one on each method that clients can use",
        );
        meant.push(ItemKind::Tool);
    }
    let kinds: Vec<ItemKind> = ItemKind::ALL
        .into_iter()
        .filter(|kind| meant.contains(kind))
        .collect();
    check_authorize_methods(&mut models, &block, &errors);
    let kinds = check_registers(kinds, &attribute, &block, &errors);
    if let Some(errors) = errors.finish() {
        return Err(InvalidItem::Block {
            errors,
            item: Box::new(block),
            attribute: Box::new(attribute),
            kinds,
        });
    }

    let expanded = kinds
        .iter()
        .map(|&kind| registration::expand(kind, &block, &attribute, &models));
    Ok(quote!(#block #(#expanded)*))
}

/// Reports a second `#[mcp_tools]` on the block, and removes it.
fn refuse_second_attribute(block: &mut ItemImpl, errors: &Errors) {
    let is_again = |one: &Attribute| {
        let last = one.path().segments.last();
        last.is_some_and(|last| last.ident == "mcp_tools")
    };
    for again in block.attrs.extract_if(.., |one| is_again(one)) {
        errors.add_on(
            again,
            "this block has `#[mcp_tools]` already: keep one of the two, with the keys of both",
        );
    }
}

/// Names the type of the block in a path that begins with `Self`, for a constant in which `Self`
/// has no meaning.
fn name_self(path: &mut ExprPath, ty: &Type) {
    if begins_with_self(path) {
        let rest = path.path.segments.iter().skip(1);
        *path = parse_quote!(<#ty>::#(#rest)::*);
    }
}

/// Finds the `authorize` functions of the block that take `self`, and reports those that cannot be
/// called.
fn check_authorize_methods(models: &mut [ItemModel], block: &ItemImpl, errors: &Errors) {
    for model in models {
        let Some(path) = &model.attribute.authorize else {
            continue;
        };
        let name = path.path.segments.last().map(|last| &last.ident);
        let method = methods(block).find(|method| Some(&method.sig.ident) == name);
        let Some((method, receiver)) = method
            .filter(|_| begins_with_self(path))
            .and_then(|method| Some((method, method.sig.receiver()?)))
        else {
            continue;
        };
        let has_receiver = model
            .parameters
            .iter()
            .any(|parameter| matches!(parameter, Parameter::Receiver(_)));
        let noun = model.attribute.kind.noun();
        let taken = expand::authorize_parameters(model) + 2;
        if !has_receiver {
            errors.add_on(path, format_args!("this `authorize` function takes `self`, and its {noun} does not: remove the `self` of the function, or take `&self` in the {noun}, too"));
        } else if !matches!(receiver.kind, ReceiverKind::Reference(_, _, None)) {
            errors.add_on(
                path,
                "an `authorize` function borrows the value while it decides: take `&self`",
            );
        } else if method.sig.inputs.len() != taken {
            errors.add_on(path, format_args!("this `authorize` function has {} parameters, and its {noun} passes {taken}: `&self`, the caller (`&Caller`, or `Option<&Caller>` if the {noun} is public), and a reference to each parameter of the {noun}, in the same order, without `Caller`, `Context` and `Round`", method.sig.inputs.len()));
        }
        model.attribute.authorize_takes_self = true;
    }
}

/// Reports a registering function whose name is taken, and returns the kinds whose function can
/// be written.
fn check_registers(
    kinds: Vec<ItemKind>,
    attribute: &BlockAttribute,
    block: &ItemImpl,
    errors: &Errors,
) -> Vec<ItemKind> {
    let mut taken: Vec<Ident> = methods(block)
        .map(|method| method.sig.ident.clone())
        .collect();
    let mut is_free = |kind: &ItemKind| {
        let (register, noun) = (attribute.registers(*kind, &block.self_ty), kind.noun());
        let Some(by) = taken.iter().find(|one| **one == register) else {
            taken.push(register);
            return true;
        };
        errors.add_at(by.span(), format_args!("the function that registers the {noun}s of this block has the name `{register}`, too: rename this one, or write `#[mcp_tools({} = more_{noun}s)]`", kind.default_register()));
        false
    };
    kinds.into_iter().filter(|kind| is_free(kind)).collect()
}

fn methods(block: &ItemImpl) -> impl Iterator<Item = &ImplItemFn> {
    block.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) => Some(method),
        _ => None,
    })
}

/// Returns whether tokens name one of our attributes for a function.
fn names_ours(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(name) => ItemKind::ALL.iter().any(|kind| name == kind.attribute()),
        TokenTree::Group(group) => names_ours(&group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Parses a method, if it has our attribute, and removes our attributes from its parameters.
fn parse_method(
    method: &mut ImplItemFn,
    is_of_trait: bool,
    krate: &TokenStream,
    errors: &Errors,
) -> ParsedMethod {
    let foreign = |one: &Attribute| {
        let last = one.path().segments.last();
        last.is_some_and(|last| last.ident == "tool" || last.ident == "rmcp_tool")
    };
    let foreign: Vec<Attribute> = method.attrs.extract_if(.., |one| foreign(one)).collect();
    for one in &foreign {
        errors.add_on(
            one,
            "this attribute belongs to another crate: use toolgate's `#[mcp_tool(…)]`",
        );
    }
    let is_conditional = |one: &Attribute| matches!(&one.meta, Meta::List(list) if is_cfg(one) && names_ours(&list.tokens));
    let conditional = method.attrs.extract_if(.., |one| is_conditional(one));
    let conditional: Vec<Attribute> = conditional.collect();
    // In the `impl` of a trait, report only the trait.
    for one in conditional.iter().filter(|_| !is_of_trait) {
        errors.add_on(one, "`#[mcp_tools]` cannot see an attribute behind `cfg_attr`: write it without, in a block of its own, `#[cfg(…)] #[mcp_tools(…)] impl …`");
    }
    let mut ours: Vec<Attribute> = method.attrs.extract_if(.., |one| is_ours(one)).collect();
    if ours.is_empty() {
        return match foreign.is_empty() && conditional.is_empty() {
            true => ParsedMethod::Other,
            false => ParsedMethod::Invalid,
        };
    }
    let first = ours.remove(0);
    let kind = ItemKind::from_attribute(&first).unwrap_or(ItemKind::Tool);
    let (noun, name) = (kind.noun(), kind.attribute());
    for again in ours {
        let message = kind.repeated("method", &again);
        errors.add_on(again, message);
    }
    if let Some(cfg) = method.attrs.iter().find(|one| is_cfg(one)) {
        errors.add_on(cfg, format_args!("a {noun} with a `cfg` needs its own `impl` block: move it to `#[cfg(…)] #[mcp_tools(…)] impl …`"));
    }
    let tokens = match &first.meta {
        Meta::List(list) => list.tokens.clone(),
        Meta::Path(_) => TokenStream::new(),
        Meta::NameValue(_) => {
            errors.add_on(
                &first,
                format_args!(
                    "`#[{name}]` takes its keys in parentheses: write `#[{name}(scope = \"…\")]`"
                ),
            );
            TokenStream::new()
        }
    };
    let attribute = ItemAttribute::parse(kind, tokens, attribute_span(&first), errors);
    if let Some(krate) = &attribute.krate {
        errors.add_on(
            krate,
            "`crate` applies to the whole block: write it as `#[mcp_tools(crate = …)]`",
        );
    }
    let model = ItemModel::build(attribute, &method.attrs, &mut method.sig, krate, errors);
    method.sig.inputs.iter_mut().for_each(clean);
    // The attribute stays, marked as expanded: it must be imported like any other, its import
    // counts as used, and another crate's attribute of that name is not taken for ours.
    let path = first.path();
    let mark = Ident::new(EXPANDED, Span::mixed_site());
    method.attrs.push(syn::parse_quote!(#[#path(#mark)]));
    ParsedMethod::Item(Box::new(model))
}

/// The result of parsing a method.
enum ParsedMethod {
    Item(Box<ItemModel>),
    Other,
    /// Meant as a tool, but invalid; an error was reported.
    Invalid,
}

fn check(block: &ItemImpl, errors: &Errors) {
    if let Some((path, _)) = &block.trait_ {
        errors.add_on(path, "`#[mcp_tools]` does not support the `impl` of a trait: use `impl Type { … }`, and call the trait from there");
    }
    if !block.generics.params.is_empty() {
        errors.add_on(
            &block.generics,
            "`#[mcp_tools]` does not support a generic `impl` block: name one type, such as `impl Desk<Postgres>`",
        );
    }
}

#[cfg(test)]
mod tests;
