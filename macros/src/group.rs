//! `#[mcp_tools]` on an `impl` block: its methods with `#[mcp_tool(…)]`, `#[mcp_resource(…)]`
//! and `#[mcp_prompt(…)]` are what these say.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, ImplItem, ImplItemFn, Item, ItemImpl, Meta, spanned::Spanned};

use crate::{
    attribute::ItemAttribute,
    block::BlockAttribute,
    errors::Errors,
    expand::{self, Asks},
    fallback,
    family::Family,
    function::{READ, is_ours},
    model::{ItemModel, place_of},
    parameter::{clean, is_cfg},
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
    // Also of methods that are wrong: what calls the registration is not to blame.
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

/// The methods of one family, registered by one function.
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
        let asks = Asks::of(model, attribute.vocabulary.as_ref(), krate);
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
                #state: #krate::__private::Send + #krate::__private::Sync + 'static,
                #(#bounds)*
        },
        &quote!(#(#definitions)*),
    );
    quote!(#register #implementation)
}

/// Reads a method, if it is one of ours; takes our attributes off its parameters.
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
    // It stays, marked as read: so it must be imported like any other attribute, its
    // import counts as used, and another crate's of that name does not pass for ours.
    let path = first.path();
    let mark = Ident::new(READ, Span::mixed_site());
    method.attrs.push(syn::parse_quote!(#[#path(#mark)]));
    Read::Ours(Box::new(model))
}

/// What a method is.
enum Read {
    Ours(Box<ItemModel>),
    Neither,
    /// Meant as a tool, and told that it is none.
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

/// The function that `.tools(Desk::tools)` is given, or its kin.
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
    let (set, group) = (family.part("Set"), family.part("Group"));
    // Not written by the user, so that lints about documentation and reach pass over it.
    let name = expand::named(&register);
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        impl #ty {
            /// Registers what the attributes made of the methods of this type.
            pub fn #name<#state>(__set: &mut #krate::__private::#set<#state>)
            where
                Self: #krate::__private::#group<#state, #number>,
            {
                <Self as #krate::__private::#group<#state, #number>>::register(__set)
            }
        }
    }
}

/// The type as a group of tools, resources or prompts.
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
    let (set, group) = (family.part("Set"), family.part("Group"));
    quote_spanned! {expand::at(ty.span())=>
        #[automatically_derived]
        impl<#state> #krate::__private::#group<#state, #number> for #ty
        #bounds
        {
            fn register(__set: &mut #krate::__private::#set<#state>) {
                #body
            }
        }
    }
}

/// What keeps two blocks of one type apart: FNV-1a of the registering function's name.
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
