//! The closure that reads the arguments of a call and runs the function.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{authorize, read, value};
use crate::{
    model::ItemModel,
    parameter::{Parameter, Receiver},
    span::{code, located_at, respan},
};

/// Builds the body of the closure. `function` is the path that calls the item.
pub(super) fn call(model: &ItemModel, function: &TokenStream, krate: &TokenStream) -> TokenStream {
    let slots = model.attribute.kind.slot();
    let has_authorize = model.attribute.authorize.is_some();
    let mut first = Vec::new();
    let mut then = Vec::new();
    let mut passed = Vec::new();
    for (number, parameter) in model.parameters.iter().enumerate() {
        let value = value(number);
        match parameter {
            Parameter::Receiver(kind) => {
                first.push(code!(let #value = #krate::__private::receiver::<_, Self>(&__call);));
                passed.push(match kind {
                    Receiver::Reference => code!(&*#value),
                    Receiver::Shared => code!(#value),
                    Receiver::SharedReference => code!(&#value),
                });
                continue;
            }
            // Extractors run first, while the call still has its arguments.
            Parameter::Extractor(extractor) if extractor.is_of_request || !has_authorize => {
                first.push(read(number, parameter, &slots, krate));
            }
            // The values that the gate authorized are those that run.
            _ if has_authorize => {}
            _ => then.push(read(number, parameter, &slots, krate)),
        }
        passed.push(code!(#value));
    }
    if has_authorize {
        then.push(authorize::authorized(model, krate));
    }
    let wait = model.is_async.then(|| code!(.await));
    // A future that is not `Send` is reported at the function's name.
    let place = located_at(model.ident.span());
    let run = respan(&code!(#krate::__private::run), place);
    let body = code! {{
        let mut __call = __call;
        #(#first)*
        #(#then)*
        #krate::__private::Returns::done(__result, #function(#(#passed),*)#wait)
    }};
    quote_spanned! {place=> #run(#krate::__private::Call::item(&__call), async move #body)}
}
