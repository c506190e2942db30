//! A tool → tokens, the same for a free function and for a method.
//!
//! The macro names things, the runtime does things: an expansion is one value of
//! `Definition`, made of the facts, a function that describes and a function that calls.
//! Each type that the author wrote stands in one bound, at its own place, so that one
//! mistake is one error: inside of the `impl` the bounds hold.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::{Expr, ExprLit, Lit, spanned::Spanned};

use crate::{
    access::Access,
    model::ToolModel,
    parameter::{Parameter, Receiver},
};

/// Code of ours: its locals are its own, its items are found where the attribute stands.
macro_rules! code {
    ($($tokens:tt)*) => {
        quote_spanned!(Span::mixed_site()=> $($tokens)*)
    };
}

/// A name of the user's, said by us.
pub(crate) fn named(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(at(ident.span()));
    ident
}

/// Code of ours that an error shows at a place of the user's. It does not count as written
/// there: lints about the user's style pass over it.
pub(crate) fn at(place: Span) -> Span {
    Span::mixed_site().located_at(place)
}

/// The name of the state's type in expansions. No user's type is called so.
pub(crate) fn state() -> Ident {
    Ident::new("__ToolgateState", Span::mixed_site())
}

/// The bounds that a tool puts on the state and on its own types.
pub(crate) fn bounds(model: &ToolModel, krate: &TokenStream) -> TokenStream {
    let state = state();
    let parameters = model.parameters.iter().map(|parameter| match parameter {
        Parameter::Receiver(_) => {
            quote_spanned!(at(model.ident.span())=> #krate::__private::Arc<Self>: #krate::__private::FromRef<#state>,)
        }
        Parameter::Argument(argument) => bound(&argument.ty, &code!(Argument), krate),
        Parameter::Arguments(ty) => bound(ty, &code!(Argument), krate),
        Parameter::Extractor(extractor) => bound(&extractor.ty, &code!(FromCall<#state>), krate),
    });
    let result = bound(&model.result, &code!(IntoToolResult), krate);
    code!(#(#parameters)* #result)
}

fn bound(ty: &syn::Type, of: &TokenStream, krate: &TokenStream) -> TokenStream {
    quote_spanned!(at(ty.span())=> #ty: #krate::__private::#of,)
}

/// The definition of a tool, as an expression. `function` is the path that calls it.
pub(crate) fn definition(
    model: &ToolModel,
    function: &TokenStream,
    krate: &TokenStream,
) -> TokenStream {
    let facts = facts(model, krate);
    let describe = describe(model, krate);
    let call = call(model, function, krate);
    let extracts = model
        .parameters
        .iter()
        .filter_map(|parameter| match parameter {
            Parameter::Extractor(extractor) => {
                let ty = &extractor.ty;
                Some(code!(.extracts::<#ty>()))
            }
            _ => None,
        });
    code! {
        #krate::__private::Definition::new(#facts, |describe| { #describe }, |call| #call)
            #(#extracts)*
    }
}

fn facts(model: &ToolModel, krate: &TokenStream) -> TokenStream {
    let name = &model.name;
    let description = &model.description;
    let attribute = &model.attribute;
    // Without it there is an error, and no expansion.
    let access = attribute.access.as_ref().unwrap_or(&Access::Authenticated);
    let access = access.tokens(krate);
    let title = attribute.title.as_ref().map(|text| code!(.title(#text)));
    let hints = attribute.hints.iter().map(|(key, value)| {
        let key = Ident::new(&key.to_string(), Span::mixed_site());
        code!(.#key(#value))
    });
    let icons = attribute.icons.iter().map(|icon| match icon {
        Expr::Lit(ExprLit {
            lit: Lit::Str(_), ..
        }) => code!(.icon_at(#icon)),
        other => quote_spanned!(at(other.span())=> .icon(#other)),
    });
    let meta = attribute
        .meta
        .as_ref()
        .map(|meta| quote_spanned!(at(meta.span())=> .meta(#meta)));
    code! {
        #krate::__private::Facts::new(
            #name,
            #description,
            { const ACCESS: #krate::__private::Requirement = #access; ACCESS },
        ) #title #(#hints)* #(#icons)* #meta
    }
}

fn describe(model: &ToolModel, krate: &TokenStream) -> TokenStream {
    let parameters = model.parameters.iter().map(|parameter| match parameter {
        Parameter::Argument(argument) => {
            let ty = &argument.ty;
            let name = &argument.name;
            let description = argument.description.clone().unwrap_or_else(|| code!(""));
            let rules = argument.rules.tokens(ty, krate);
            code!(describe.argument::<#ty>(#name, #description) #rules;)
        }
        Parameter::Arguments(ty) => code!(describe.arguments::<#ty>();),
        Parameter::Receiver(_) | Parameter::Extractor(_) => TokenStream::new(),
    });
    let result = &model.result;
    code!(#(#parameters)* describe.result::<#result>();)
}

fn call(model: &ToolModel, function: &TokenStream, krate: &TokenStream) -> TokenStream {
    let mut first = Vec::new();
    let mut then = Vec::new();
    let mut passed = Vec::new();
    for (number, parameter) in model.parameters.iter().enumerate() {
        let value = format_ident!("value_{number}", span = Span::mixed_site());
        match parameter {
            Parameter::Receiver(kind) => {
                first.push(code!(let #value = #krate::__private::receiver::<_, Self>(&call);));
                passed.push(match kind {
                    Receiver::Reference => code!(&*#value),
                    Receiver::Shared => code!(#value),
                    Receiver::SharedReference => code!(&#value),
                });
                continue;
            }
            // Extractors first, while the arguments are still there to be looked at.
            Parameter::Extractor(extractor) => {
                let ty = &extractor.ty;
                first.push(code!(let #value = #krate::__private::extract::<_, #ty>(&mut call)?;));
            }
            Parameter::Argument(argument) => {
                let ty = &argument.ty;
                let name = &argument.name;
                then.push(
                    code!(let #value = #krate::__private::argument::<#ty, _>(&mut call, #name)?;),
                );
            }
            Parameter::Arguments(ty) => {
                then.push(code!(let #value = #krate::__private::arguments::<#ty, _>(&mut call)?;));
            }
        }
        passed.push(code!(#value));
    }
    let wait = model.is_async.then(|| code!(.await));
    let result = &model.result;
    code! {
        #krate::__private::run(call.tool(), async move {
            let mut call = call;
            #(#first)*
            #(#then)*
            #krate::__private::done::<#result>(#function(#(#passed),*)#wait)
        })
    }
}

#[cfg(test)]
mod tests;
