//! `#[mcp_tools]` on an `impl` block: its methods with `#[mcp_tool(…)]` are tools.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, ImplItem, ImplItemFn, Item, ItemImpl, Meta, spanned::Spanned};

use crate::{
    attribute::{GroupAttribute, ToolAttribute},
    errors::Errors,
    expand::{self, Asks},
    fallback,
    function::{READ, is_tool_attribute},
    model::{ToolModel, place_of},
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
                "`#[mcp_tools]` goes on an `impl` block; a function has `#[mcp_tool(…)]`",
            );
            return fallback::alone(errors, &item);
        }
        Ok(_) => {
            errors.at(Span::call_site(), "`#[mcp_tools]` goes on an `impl` block");
            return fallback::alone(errors, &item);
        }
        Err(error) => {
            errors.push(error);
            return fallback::alone(errors, &item);
        }
    };
    let attribute = GroupAttribute::read(attribute, &errors);
    check(&block, &errors);
    let mut models = Vec::new();
    let mut wrong = false;
    for item in &mut block.items {
        let ImplItem::Fn(method) = item else { continue };
        match read(method, &attribute.krate, &errors) {
            Read::Tool(model) => models.push(*model),
            Read::NoTool => {}
            Read::Wrong => wrong = true,
        }
    }
    if models.is_empty() && !wrong {
        errors.on(
            &block.self_ty,
            "no method of this block has `#[mcp_tool(…)]`: put it on those that are to be tools",
        );
    }
    if let Some(told) = errors.finish() {
        return fallback::block(told, &block, &attribute);
    }

    let krate = &attribute.krate;
    let state = expand::state();
    let bounds = models.iter().map(|model| expand::bounds(model, krate));
    let definitions = models.iter().map(|model| {
        let ident = &model.ident;
        let asks = Asks::of(model, attribute.vocabulary.as_ref(), krate);
        let definition = expand::definition(model, &quote!(Self::#ident), &asks, krate);
        quote_spanned!(Span::mixed_site()=> __set.push(#definition);)
    });
    let register = register(&block, &attribute);
    let implementation = implementation(
        &block,
        &attribute,
        &quote! {
            where
                #state: #krate::__private::Send + #krate::__private::Sync + 'static,
                #(#bounds)*
        },
        &quote!(#(#definitions)*),
    );
    quote!(#block #register #implementation)
}

/// Reads a method, if it is a tool; takes our attributes off its parameters.
fn read(method: &mut ImplItemFn, krate: &TokenStream, errors: &Errors) -> Read {
    let foreign = |one: &Attribute| {
        let last = one.path().segments.last();
        last.is_some_and(|last| last.ident == "tool" || last.ident == "rmcp_tool")
    };
    let foreign: Vec<Attribute> = method.attrs.extract_if(.., |one| foreign(one)).collect();
    for one in &foreign {
        errors.on(
            one,
            "this is another crate's attribute: toolgate's is `#[mcp_tool(…)]`",
        );
    }
    let mut ours: Vec<Attribute> = method
        .attrs
        .extract_if(.., |one| is_tool_attribute(one))
        .collect();
    if ours.is_empty() {
        return match foreign.is_empty() {
            true => Read::NoTool,
            false => Read::Wrong,
        };
    }
    let first = ours.remove(0);
    for again in ours {
        errors.on(
            again,
            "this method is a tool already: keep one `#[mcp_tool(…)]`",
        );
    }
    if let Some(cfg) = method.attrs.iter().find(|one| is_cfg(one)) {
        errors.on(cfg, "a tool that is there at times needs an `impl` block that is there at times: give it one of its own, `#[cfg(…)] #[mcp_tools(register = …)] impl …`");
    }
    let tokens = match &first.meta {
        Meta::List(list) => list.tokens.clone(),
        Meta::Path(_) => TokenStream::new(),
        Meta::NameValue(_) => {
            errors.on(&first, "write `#[mcp_tool(scope = \"…\")]`");
            TokenStream::new()
        }
    };
    let attribute = ToolAttribute::read(tokens, place_of(&first), errors);
    if let Some(krate) = &attribute.krate {
        errors.on(
            krate,
            "state `crate` once for the whole block: `#[mcp_tools(crate = …)]`",
        );
    }
    let model = ToolModel::read(attribute, &method.attrs, &mut method.sig, krate, errors);
    method.sig.inputs.iter_mut().for_each(clean);
    // It stays, marked as read: so it must be imported like any other attribute, its
    // import counts as used, and another crate's of that name does not pass for ours.
    let path = first.path();
    let mark = Ident::new(READ, Span::mixed_site());
    method.attrs.push(syn::parse_quote!(#[#path(#mark)]));
    Read::Tool(Box::new(model))
}

/// What a method is.
enum Read {
    Tool(Box<ToolModel>),
    NoTool,
    /// Meant as a tool, and told that it is none.
    Wrong,
}

fn check(block: &ItemImpl, errors: &Errors) {
    if let Some((path, _)) = &block.trait_ {
        errors.on(path, "the methods of a trait are not tools by themselves: use `impl Type { … }`, and call the trait from there");
    }
    if !block.generics.params.is_empty() {
        errors.on(
            &block.generics,
            "tools belong to one type with one schema each: name it, such as `impl Desk<Postgres>`",
        );
    }
}

/// The function that `.tools(Desk::tools)` is given.
pub(crate) fn register(block: &ItemImpl, attribute: &GroupAttribute) -> TokenStream {
    let GroupAttribute {
        krate, register, ..
    } = attribute;
    let ty = &block.self_ty;
    let state = expand::state();
    let number = number(register);
    // Not written by the user, so that lints about documentation and reach pass over it.
    let name = expand::named(register);
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        impl #ty {
            /// Registers the tools of this type: `Server::with_state(name, state).tools(…)`.
            pub fn #name<#state>(__set: &mut #krate::__private::ToolSet<#state>)
            where
                Self: #krate::__private::ToolGroup<#state, #number>,
            {
                <Self as #krate::__private::ToolGroup<#state, #number>>::register(__set)
            }
        }
    }
}

/// The type as a group of tools.
pub(crate) fn implementation(
    block: &ItemImpl,
    attribute: &GroupAttribute,
    bounds: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    let krate = &attribute.krate;
    let ty = &block.self_ty;
    let state = expand::state();
    let number = number(&attribute.register);
    quote_spanned! {expand::at(ty.span())=>
        #[automatically_derived]
        impl<#state> #krate::__private::ToolGroup<#state, #number> for #ty
        #bounds
        {
            fn register(__set: &mut #krate::__private::ToolSet<#state>) {
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
