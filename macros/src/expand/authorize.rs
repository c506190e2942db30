//! `authorize = path`: the closure that calls the author's function, and its call at the gate.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::{ExprPath, Type, spanned::Spanned};

use super::{slot, value};
use crate::{
    access_tokens::AccessTokens,
    model::ItemModel,
    parameter::Parameter,
    span::{code, located_at, respan},
};

/// Builds the closure that calls the `authorize` function with the caller and a reference to
/// each argument, for the gate and for the run.
pub(super) fn decides(model: &ItemModel, krate: &TokenStream) -> Option<TokenStream> {
    let path = model.attribute.authorize.as_ref()?;
    // A type error appears where the `authorize` function is named.
    let place = located_at(path.span());
    let (mut taken, mut passed, mut types) = (Vec::new(), Vec::new(), Vec::new());
    for (number, parameter) in model.parameters.iter().enumerate() {
        let value = value_at(number, place);
        let ty = match parameter {
            Parameter::Argument(argument) => &argument.ty,
            Parameter::Arguments(ty) => ty,
            Parameter::Receiver(_) | Parameter::Extractor(_) => continue,
        };
        taken.push(code!(#value: &#ty));
        types.push(ty);
        passed.push(quote_spanned!(place=> #value));
    }
    // Not an argument `known_caller(…)?`: a type error would tell the user to remove the `?`.
    let known = (!model.is_public())
        .then(|| code!(let __caller = #krate::__private::known_caller(__caller)?;));
    let (function, answer) = match types.len() > COMPARED {
        true => (None, quote_spanned!(place=> #path(__caller, #(#passed),*))),
        false => {
            let function = signature(path, &types, model.is_public(), krate);
            (
                Some(code!(let __function = #function;)),
                quote_spanned!(place=> __function(__caller, #(#passed),*)),
            )
        }
    };
    let decision = quote_spanned!(place=> #krate::__private::decision(#answer));
    Some(code! {
        let __authorize = |
            __caller: #krate::__private::Option<&#krate::__private::Caller>,
            #(#taken),*
        | -> #krate::__private::Authorized { #known #function #decision };
    })
}

/// How many arguments the runtime's `AuthorizeSignature` knows.
const COMPARED: usize = 8;

/// Builds the `authorize` function as a value whose parameters are compared with the arguments.
fn signature(
    path: &ExprPath,
    types: &[&Type],
    is_public: bool,
    krate: &TokenStream,
) -> TokenStream {
    let caller = code!(&#krate::__private::Caller);
    let caller = match is_public {
        true => code!(#krate::__private::Option<#caller>),
        false => caller,
    };
    let place = located_at(path.span());
    let authorize_function = respan(&code!(#krate::__private::authorize_function), place);
    quote_spanned! {place=>
        #authorize_function::<
            fn(#caller, #(&#types),*)
                -> #krate::__private::Result<(), #krate::__private::AuthorizeError>,
            _,
            _,
        >(#path)
    }
}

/// Returns the name of the value of the parameter of this number, for an error at a place.
fn value_at(number: usize, place: Span) -> Ident {
    let mut name = value(number);
    name.set_span(place);
    name
}

/// Builds the call of `authorize` at the gate, as a change of the definition.
pub(super) fn authorize(
    model: &ItemModel,
    asks: &AccessTokens,
    krate: &TokenStream,
) -> Option<TokenStream> {
    model.attribute.authorize.as_ref()?;
    let (mut reads, mut values, mut passed) = (Vec::new(), Vec::new(), Vec::new());
    for (number, parameter) in model.parameters.iter().enumerate() {
        let (slot, value) = (slot(number), value(number));
        reads.push(match parameter {
            Parameter::Argument(argument) => {
                let name = &argument.name;
                code!(let #value = #krate::__private::Slot::read_for_authorize(#slot, __asked, #name)?;)
            }
            Parameter::Arguments(_) => {
                code!(let #value = #krate::__private::Slot::read_all_for_authorize(#slot, __asked)?;)
            }
            Parameter::Receiver(_) | Parameter::Extractor(_) => continue,
        });
        values.push(code!(#value));
        passed.push(match parameter {
            Parameter::Arguments(_) => code!(&#value.0),
            _ => code!(&#value),
        });
    }
    let demands = &asks.demands;
    Some(code! {
        let __definition = #krate::__private::ToolDefinition::authorize(
            __definition,
            #demands,
            move |__asked| {
                #(#reads)*
                let __decision = __authorize(
                    #krate::__private::AuthorizeCall::caller(__asked),
                    #(#passed),*
                );
                #krate::__private::authorized_values(__decision, (#(#values,)*))
            },
        );
    })
}
