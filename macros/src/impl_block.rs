//! Expands `#[mcp_tools]` on an `impl` block: its methods with `#[mcp_tool(…)]`,
//! `#[mcp_resource(…)]` and `#[mcp_prompt(…)]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, ImplItem, ImplItemFn, Item, ItemImpl, Meta, spanned::Spanned};

use crate::{
    attribute::ItemAttribute,
    errors::Errors,
    expand::{self, AccessTokens},
    fallback,
    function::{READ, is_ours},
    item_kind::Family,
    model::{ItemModel, place_of},
    parameter::{clean, is_cfg},
    tools_attribute::BlockAttribute,
};

/// Expands `#[mcp_tools(attribute)] item`.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let errors = Errors::new();
    let mut block = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Impl(block)) => block,
        Ok(Item::Fn(_)) => {
            errors.at(
                Span::call_site(),
                "`#[mcp_tools]` applies to an `impl` block: put `#[mcp_tool(…)]` on a function",
            );
            return fallback::alone(errors, &item);
        }
        Ok(_) => {
            errors.at(
                Span::call_site(),
                "`#[mcp_tools]` applies to an `impl` block: put it on one",
            );
            return fallback::alone(errors, &item);
        }
        Err(error) => {
            errors.push(error);
            return fallback::alone(errors, &item);
        }
    };
    let attribute = BlockAttribute::read(attribute, &errors);
    check(&block, &errors);
    let mut models = Vec::new();
    // Includes invalid methods, so that calls of the registering functions still compile.
    let mut meant = Vec::new();
    for item in &mut block.items {
        let ImplItem::Fn(method) = item else { continue };
        match read(method, &attribute.krate, &errors) {
            Read::Ours(model) => {
                meant.push(model.attribute.family);
                models.push(*model);
            }
            Read::Neither => {}
            Read::Wrong => meant.push(Family::Tool),
        }
    }
    if meant.is_empty() {
        errors.on(
            &block.self_ty,
            "no method of this block has `#[mcp_tool(…)]`, `#[mcp_resource(…)]` or `#[mcp_prompt(…)]`: put one on each method that clients can use",
        );
        meant.push(Family::Tool);
    }
    let families: Vec<Family> = Family::ALL
        .into_iter()
        .filter(|family| meant.contains(family))
        .collect();
    if let Some(told) = errors.finish() {
        return fallback::block(told, &block, &attribute, &families);
    }

    let groups = families
        .iter()
        .map(|&family| group(family, &block, &attribute, &models));
    quote!(#block #(#groups)*)
}

/// Expands the methods of one family, and the function that registers them.
fn group(
    family: Family,
    block: &ItemImpl,
    attribute: &BlockAttribute,
    models: &[ItemModel],
) -> TokenStream {
    let models = models
        .iter()
        .filter(|model| model.attribute.family == family);
    let krate = &attribute.krate;
    let state = expand::state();
    let bounds = models.clone().map(|model| expand::bounds(model, krate));
    let definitions = models.map(|model| {
        let ident = &model.ident;
        let asks = AccessTokens::of(model, attribute.declared_scopes.as_ref(), krate);
        let definition = expand::definition(model, &quote!(Self::#ident), &asks, krate);
        quote_spanned!(Span::mixed_site()=> __set.push(#definition);)
    });
    let register = register(family, block, attribute);
    let implementation = implementation(
        family,
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
fn read(method: &mut ImplItemFn, krate: &TokenStream, errors: &Errors) -> Read {
    let foreign = |one: &Attribute| {
        let last = one.path().segments.last();
        last.is_some_and(|last| last.ident == "tool" || last.ident == "rmcp_tool")
    };
    let foreign: Vec<Attribute> = method.attrs.extract_if(.., |one| foreign(one)).collect();
    for one in &foreign {
        errors.on(
            one,
            "this attribute belongs to another crate: use toolgate's `#[mcp_tool(…)]`",
        );
    }
    let mut ours: Vec<Attribute> = method.attrs.extract_if(.., |one| is_ours(one)).collect();
    if ours.is_empty() {
        return match foreign.is_empty() {
            true => Read::Neither,
            false => Read::Wrong,
        };
    }
    let first = ours.remove(0);
    let family = Family::of(&first).unwrap_or(Family::Tool);
    let (noun, name) = (family.noun(), family.attribute());
    for again in ours {
        errors.on(
            again,
            format_args!("this method is already a {noun}: keep only one `#[{name}(…)]`"),
        );
    }
    if let Some(cfg) = method.attrs.iter().find(|one| is_cfg(one)) {
        errors.on(cfg, format_args!("a {noun} with a `cfg` needs its own `impl` block: move it to `#[cfg(…)] #[mcp_tools(…)] impl …`"));
    }
    let tokens = match &first.meta {
        Meta::List(list) => list.tokens.clone(),
        Meta::Path(_) => TokenStream::new(),
        Meta::NameValue(_) => {
            errors.on(
                &first,
                format_args!(
                    "`#[{name}]` takes its keys in parentheses: write `#[{name}(scope = \"…\")]`"
                ),
            );
            TokenStream::new()
        }
    };
    let attribute = ItemAttribute::read(family, tokens, place_of(&first), errors);
    if let Some(krate) = &attribute.krate {
        errors.on(
            krate,
            "`crate` applies to the whole block: write it as `#[mcp_tools(crate = …)]`",
        );
    }
    let model = ItemModel::read(attribute, &method.attrs, &mut method.sig, krate, errors);
    method.sig.inputs.iter_mut().for_each(clean);
    // The attribute stays, marked as expanded: it must be imported like any other, its import
    // counts as used, and another crate's attribute of that name is not taken for ours.
    let path = first.path();
    let mark = Ident::new(READ, Span::mixed_site());
    method.attrs.push(syn::parse_quote!(#[#path(#mark)]));
    Read::Ours(Box::new(model))
}

/// The result of parsing a method.
enum Read {
    Ours(Box<ItemModel>),
    Neither,
    /// Meant as a tool, but invalid; an error was reported.
    Wrong,
}

fn check(block: &ItemImpl, errors: &Errors) {
    if let Some((path, _)) = &block.trait_ {
        errors.on(path, "`#[mcp_tools]` does not support the `impl` of a trait: use `impl Type { … }`, and call the trait from there");
    }
    if !block.generics.params.is_empty() {
        errors.on(
            &block.generics,
            "`#[mcp_tools]` does not support a generic `impl` block: name one type, such as `impl Desk<Postgres>`",
        );
    }
}

/// Builds the function for `.tools(Desk::tools)`, or for another family.
pub(crate) fn register(
    family: Family,
    block: &ItemImpl,
    attribute: &BlockAttribute,
) -> TokenStream {
    let krate = &attribute.krate;
    let register = attribute.registers(family);
    let ty = &block.self_ty;
    let state = expand::state();
    let number = number(&register);
    let (set, kind) = (family.part("Set"), family.kind());
    // Not a token of the user's, so lints about documentation and visibility do not apply.
    let name = expand::named(&register);
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        impl #ty {
            /// Registers the methods of this type that have an attribute.
            pub fn #name<#state>(__set: &mut #krate::__private::#set<#state>)
            where
                Self: #krate::__private::ItemGroup<#state, #krate::__private::#kind, #number>,
            {
                <Self as #krate::__private::ItemGroup<#state, #krate::__private::#kind, #number>>::register(__set)
            }
        }
    }
}

/// Implements the group of tools, resources or prompts for the type.
pub(crate) fn implementation(
    family: Family,
    block: &ItemImpl,
    attribute: &BlockAttribute,
    bounds: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    let krate = &attribute.krate;
    let ty = &block.self_ty;
    let state = expand::state();
    let number = number(&attribute.registers(family));
    let (set, kind) = (family.part("Set"), family.kind());
    quote_spanned! {expand::at(ty.span())=>
        #[automatically_derived]
        impl<#state> #krate::__private::ItemGroup<#state, #krate::__private::#kind, #number> for #ty
        #bounds
        {
            fn register(__set: &mut #krate::__private::#set<#state>) {
                #body
            }
        }
    }
}

/// Returns a number that distinguishes two blocks of one type: FNV-1a of the registering
/// function's name.
fn number(register: &Ident) -> u64 {
    register
        .to_string()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

#[cfg(test)]
mod tests;
