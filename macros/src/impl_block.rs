//! Expands `#[mcp_tools]` on an `impl` block: its methods with `#[mcp_tool(…)]`,
//! `#[mcp_resource(…)]` and `#[mcp_prompt(…)]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, ImplItem, ImplItemFn, Item, ItemImpl, Meta, spanned::Spanned};

use crate::{
    attribute::ItemAttribute,
    errors::Errors,
    expand::{self, AccessTokens},
    function::{EXPANDED, is_ours},
    invalid_item::InvalidItem,
    item_kind::ItemKind,
    model::{ItemModel, attribute_span},
    parameter::{clean, is_cfg},
    span,
    tools_attribute::BlockAttribute,
};

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
    let attribute = BlockAttribute::parse(attribute, &errors);
    check(&block, &errors);
    let mut models = Vec::new();
    // Includes invalid methods, so that calls of the registering functions still compile.
    let mut meant = Vec::new();
    for item in &mut block.items {
        let ImplItem::Fn(method) = item else { continue };
        match parse_method(method, &attribute.krate, &errors) {
            ParsedMethod::Item(model) => {
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
        .map(|&kind| expand_kind(kind, &block, &attribute, &models));
    Ok(quote!(#block #(#expanded)*))
}

/// Expands the methods of one kind, and the function that registers them.
fn expand_kind(
    kind: ItemKind,
    block: &ItemImpl,
    attribute: &BlockAttribute,
    models: &[ItemModel],
) -> TokenStream {
    let models = models.iter().filter(|model| model.attribute.kind == kind);
    let krate = &attribute.krate;
    let state = span::state();
    let bounds = models.clone().map(|model| expand::bounds(model, krate));
    let definitions = models.map(|model| {
        let ident = &model.ident;
        let access = AccessTokens::for_method(model, attribute.declared_scopes.as_ref(), krate);
        let definition = expand::definition(model, &quote!(Self::#ident), &access, krate);
        quote_spanned!(Span::mixed_site()=> __set.push(#definition);)
    });
    let register = register(kind, block, attribute);
    let implementation = implementation(
        kind,
        block,
        attribute,
        &quote! {
            where
                #state: #krate::__private::ServerState,
                #(#bounds)*
        },
        &quote!(#(#definitions)*),
    );
    quote!(#register #implementation)
}

/// Parses a method, if it has our attribute, and removes our attributes from its parameters.
fn parse_method(method: &mut ImplItemFn, krate: &TokenStream, errors: &Errors) -> ParsedMethod {
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
    let mut ours: Vec<Attribute> = method.attrs.extract_if(.., |one| is_ours(one)).collect();
    if ours.is_empty() {
        return match foreign.is_empty() {
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

/// Builds the function for `.tools(Desk::tools)`, or for another kind.
pub(crate) fn register(
    kind: ItemKind,
    block: &ItemImpl,
    attribute: &BlockAttribute,
) -> TokenStream {
    let krate = &attribute.krate;
    let register = attribute.registers(kind);
    let ty = &block.self_ty;
    let state = span::state();
    let id = block_id(&register);
    let (set, item) = (kind.type_name("Set"), kind.marker());
    // Not a token of the user's, so lints about documentation and visibility do not apply.
    let name = span::named(&register);
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        impl #ty {
            /// Registers the methods of this type that have an attribute.
            pub fn #name<#state>(__set: &mut #krate::__private::#set<#state>)
            where
                Self: #krate::__private::ItemGroup<#state, #krate::__private::#item, #id>,
            {
                <Self as #krate::__private::ItemGroup<#state, #krate::__private::#item, #id>>::register(__set)
            }
        }
    }
}

/// Implements the group of tools, resources or prompts for the type.
pub(crate) fn implementation(
    kind: ItemKind,
    block: &ItemImpl,
    attribute: &BlockAttribute,
    bounds: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    let krate = &attribute.krate;
    let ty = &block.self_ty;
    let state = span::state();
    let id = block_id(&attribute.registers(kind));
    let (set, item) = (kind.type_name("Set"), kind.marker());
    quote_spanned! {span::located_at(ty.span())=>
        #[automatically_derived]
        impl<#state> #krate::__private::ItemGroup<#state, #krate::__private::#item, #id> for #ty
        #bounds
        {
            fn register(__set: &mut #krate::__private::#set<#state>) {
                #body
            }
        }
    }
}

/// Returns an id that distinguishes two blocks of one type: FNV-1a of the registering
/// function's name.
fn block_id(register: &Ident) -> u64 {
    register
        .to_string()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

#[cfg(test)]
mod tests;
