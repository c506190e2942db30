//! `authorize = path`: the closure that reads the parameters at the gate and calls the author's
//! function with them.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{ExprPath, Type, spanned::Spanned};

use super::{read, value};
use crate::{
    model::ItemModel,
    parameter::Parameter,
    span::{code, located_at, respan},
};

/// The parameters that an `authorize` function takes, each with its number and type. Their values
/// are read at the gate, and the item runs with them.
pub(super) fn taken(model: &ItemModel) -> impl Iterator<Item = (usize, &Parameter, &Type)> {
    let parameters = model.parameters.iter().enumerate();
    parameters.filter_map(|(number, parameter)| match parameter {
        Parameter::Argument(argument) => Some((number, parameter, &argument.ty)),
        Parameter::Arguments(ty) => Some((number, parameter, ty)),
        Parameter::Extractor(extractor) if !extractor.is_of_request => {
            Some((number, parameter, &extractor.ty))
        }
        Parameter::Receiver(_) | Parameter::Extractor(_) => None,
    })
}

/// Builds the declaration of the `authorize` function, as a change of the definition.
pub(super) fn authorize(model: &ItemModel, krate: &TokenStream) -> Option<TokenStream> {
    let path = model.attribute.authorize.as_ref()?;
    let definition = model.attribute.kind.type_name("Definition");
    let slots = model.attribute.kind.slot();
    // A type error appears where the `authorize` function is named.
    let place = located_at(path.span());
    let (mut first, mut then, mut declared) = (Vec::new(), Vec::new(), Vec::new());
    let (mut types, mut passed, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (number, parameter, ty) in taken(model) {
        let value = value(number);
        let mut named = value.clone();
        named.set_span(place);
        let statement = read(number, parameter, &slots, krate);
        match parameter {
            // Extractors run first, while the call still has its arguments.
            Parameter::Extractor(_) => {
                first.push(statement);
                declared.push(code! {
                    let __definition =
                        #krate::__private::#definition::authorize_takes::<#ty>(__definition);
                });
            }
            _ => then.push(statement),
        }
        types.push(ty);
        passed.push(match parameter {
            Parameter::Arguments(_) => quote_spanned!(place=> &#named.0),
            _ => quote_spanned!(place=> &#named),
        });
        values.push(code!(#value));
    }
    // Not an argument `known_caller(…)?`: a type error would tell the user to remove the `?`.
    let known = (!model.is_public())
        .then(|| code!(let __caller = #krate::__private::known_caller(__caller)?;));
    let (function, answer) = match (model.attribute.authorize_takes_self, types.len() > COMPARED) {
        (true, _) => {
            first.push(code!(let __receiver = #krate::__private::receiver::<_, Self>(&__call);));
            let receiver = quote_spanned!(place=> &*__receiver);
            (
                None,
                quote_spanned!(place=> #path(#receiver, __caller, #(#passed),*)),
            )
        }
        (false, true) => (None, quote_spanned!(place=> #path(__caller, #(#passed),*))),
        (false, false) => {
            let function = signature(path, &types, model.is_public(), krate);
            (
                Some(code!(let __function = #function;)),
                quote_spanned!(place=> __function(__caller, #(#passed),*)),
            )
        }
    };
    // Also `await`, so that the compiler reports another result once.
    let located = respan(krate, place);
    let decision = quote_spanned!(place=> #located::__private::decision(#answer).await);
    Some(code! {
        #function
        let __definition = #krate::__private::#definition::authorize(
            __definition,
            move |__call| #krate::__private::authorizing(async move {
                let mut __call = __call;
                let __caller = #krate::__private::Call::caller(&__call);
                let __caller = #krate::__private::Option::as_ref(&__caller);
                #known
                #(#first)*
                #(#then)*
                let __decision = #decision;
                #krate::__private::Ok((__decision, (#(#values,)*)))
            }),
        );
        #(#declared)*
    })
}

/// How many parameters the runtime's `AuthorizeSignature` knows.
const COMPARED: usize = 8;

/// Builds the `authorize` function as a value whose parameters are compared with those of the
/// item.
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

/// Builds the values of the parameters that the gate has authorized, for the run.
pub(super) fn authorized(model: &ItemModel, krate: &TokenStream) -> TokenStream {
    let values = taken(model).map(|(number, ..)| value(number));
    let types = taken(model).map(|(_, parameter, ty)| match parameter {
        Parameter::Arguments(_) => code!(#krate::__private::Args<#ty>,),
        _ => code!(#ty,),
    });
    code! {
        let (#(#values,)*) =
            #krate::__private::authorized::<_, (#(#types)*)>(&mut __call)?;
    }
}
