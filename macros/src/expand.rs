//! Turns the model of a tool, a resource or a prompt into tokens, for functions and methods.
//!
//! Expansions stay small, because the runtime does the work. An expansion is one value of
//! `ToolDefinition`, `ResourceDefinition` or `PromptDefinition`. It is built from the facts
//! and two functions: one that describes the item, and one that calls it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::{Expr, ExprLit, ExprPath, Lit, spanned::Spanned};

use crate::{
    access::Access,
    item_kind::Family,
    model::ItemModel,
    parameter::{Parameter, Receiver},
};

/// Quotes generated code: its locals are hygienic, and its items resolve where the attribute
/// is.
macro_rules! code {
    ($($tokens:tt)*) => {
        quote_spanned!(Span::mixed_site()=> $($tokens)*)
    };
}

/// Copies a name of the user's as a token of generated code.
pub(crate) fn named(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(at(ident.span()));
    ident
}

/// Moves the path of the runtime to a place in the user's code, for an error there.
pub(crate) fn respan(krate: &TokenStream, place: Span) -> TokenStream {
    let tokens = krate.clone().into_iter().map(|mut token| {
        token.set_span(place);
        token
    });
    tokens.collect()
}

/// Returns a span for generated code whose errors appear at a place in the user's code. Lints
/// do not count such code as the user's.
pub(crate) fn at(place: Span) -> Span {
    Span::mixed_site().located_at(place)
}

/// Returns the name of the state's type in expansions. No user's type has this name.
pub(crate) fn state() -> Ident {
    Ident::new("__ToolgateState", Span::mixed_site())
}

/// Builds the bounds that the receiver and the extractors of an item put on the state.
///
/// Their errors appear at the user's types. Their paths are generated, so no `use` of the user's
/// can make them redundant.
pub(crate) fn bounds(model: &ItemModel, krate: &TokenStream) -> TokenStream {
    let state = state();
    let bounds = model.parameters.iter().map(|parameter| match parameter {
        Parameter::Receiver(_) => {
            let place = at(model.ident.span());
            quote_spanned!(place=> #krate::__private::Arc<Self>: #krate::__private::PartOf<#state>,)
        }
        Parameter::Extractor(extractor) => {
            let ty = &extractor.ty;
            let krate = respan(krate, ty.span());
            quote_spanned!(ty.span()=> #ty: #krate::__private::ExtractedFrom<#state>,)
        }
        Parameter::Argument(_) | Parameter::Arguments(_) => TokenStream::new(),
    });
    bounds.collect()
}

/// The access and the demands of an item, as expressions of an expansion.
pub(crate) struct AccessTokens {
    pub(crate) access: TokenStream,
    pub(crate) demands: TokenStream,
}

impl AccessTokens {
    /// Refers to the constants of a function's hidden struct.
    pub(crate) fn stated(krate: &TokenStream) -> Self {
        Self {
            access: code!(<Self as #krate::__private::Stated>::ACCESS),
            demands: code!(<Self as #krate::__private::Stated>::DEMANDS),
        }
    }

    /// Builds them for a method, and checks them against the vocabulary, if there is one.
    pub(crate) fn of(
        model: &ItemModel,
        declared_scopes: Option<&ExprPath>,
        krate: &TokenStream,
    ) -> Self {
        let access = access(model, krate);
        let demands = demands(model, krate).unwrap_or_else(|| code!(&[]));
        let within = declared_scopes.map(|path| {
            // The error appears at the method, not where the vocabulary is named.
            let place = at(model.ident.span());
            quote_spanned!(place=> const _: () = #krate::__private::assert_within(ACCESS, DEMANDS, #path);)
        });
        let consts = code! {
            const ACCESS: #krate::__private::Requirement = #access;
        };
        let listed = within
            .as_ref()
            .map(|within| code!(const DEMANDS: &[#krate::__private::Scope] = #demands; #within));
        Self {
            access: code!({ #consts #listed ACCESS }),
            demands: code!({ const DEMANDS: &[#krate::__private::Scope] = #demands; DEMANDS }),
        }
    }
}

/// Builds the access that the item requires, as a constant's value.
pub(crate) fn access(model: &ItemModel, krate: &TokenStream) -> TokenStream {
    // If it is missing, an error was reported, and this is not used.
    let access = model.attribute.access.as_ref();
    access.unwrap_or(&Access::Authenticated).tokens(krate)
}

/// Builds the scopes that `authorize` can demand, as a constant's value, or returns `None` if
/// there are none.
pub(crate) fn demands(model: &ItemModel, krate: &TokenStream) -> Option<TokenStream> {
    let demands = &model.attribute.demands;
    let scopes = demands.iter().map(|scope| scope.tokens(krate));
    (!demands.is_empty()).then(|| code!(&[#(#scopes),*]))
}

/// Builds the definition, as an expression. `function` is the path that calls the item.
///
/// The type of each argument, and that of the result, appears in exactly one bound, so that
/// one mistake is one error. The slot that is built there works without further bounds.
pub(crate) fn definition(
    model: &ItemModel,
    function: &TokenStream,
    asks: &AccessTokens,
    krate: &TokenStream,
) -> TokenStream {
    let family = model.attribute.family;
    let (reads, returns) = (family.reads(), family.returns());
    let parameters = model.parameters.iter().enumerate();
    let slots = parameters.map(|(number, parameter)| {
        let slot = slot(number);
        match parameter {
            Parameter::Argument(argument) => {
                let ty = &argument.ty;
                code!(let #slot = #krate::__private::#reads::<#ty>();)
            }
            Parameter::Arguments(ty) => {
                code!(let #slot = #krate::__private::#reads::<#ty>();)
            }
            Parameter::Receiver(_) | Parameter::Extractor(_) => TokenStream::new(),
        }
    });
    let extracts = model.extractors().map(|extractor| {
        let ty = &extractor.ty;
        code!(.extracts::<#ty>())
    });
    let result = &model.result;
    let facts = facts(model, asks, krate);
    let call = call(model, function, krate);
    let value = family.part("Definition");
    let made = match family {
        Family::Tool => {
            let describe = describe(model, krate);
            let authorize = authorize(model, asks);
            code!(new(#facts, move |__describe| { #describe }, move |__call| #call) #authorize)
        }
        Family::Resource => {
            let attribute = &model.attribute;
            // If it is missing, an error was reported, and this is not used.
            let uri = attribute.uri.as_ref().map(|uri| &uri.literal);
            let mime_type = attribute.mime_type.as_ref();
            let mime_type = mime_type.map(|text| code!(.mime_type(#text)));
            let size = attribute.size.map(|bytes| code!(.size(#bytes)));
            code!(new(#uri, #facts, __result, move |__call| #call) #mime_type #size)
        }
        Family::Prompt => {
            let arguments = model.arguments().map(|(number, argument)| {
                let slot = slot(number);
                let name = &argument.name;
                let description = argument.description.clone().unwrap_or_else(|| code!(""));
                code!(.argument(#slot, #name, #description))
            });
            code!(new(#facts, move |__call| #call) #(#arguments)*)
        }
    };
    let completes = completes(model, krate);
    let decides = decides(model, krate);
    code! {{
        #(#slots)*
        #decides
        let __result = #krate::__private::#returns::<#result>();
        #krate::__private::#value::#made #(#extracts)* #completes
    }}
}

/// Builds the completions of arguments. A completing function can also take the receiver and
/// the extractors of the item.
fn completes(model: &ItemModel, krate: &TokenStream) -> TokenStream {
    let beside: TokenStream = model
        .parameters
        .iter()
        .map(|parameter| match parameter {
            Parameter::Receiver(_) => code!(#krate::__private::receiver::<_, Self>(__call),),
            Parameter::Extractor(extractor) => {
                let ty = &extractor.ty;
                code!(#krate::__private::extract::<_, #ty>(__call)?,)
            }
            Parameter::Argument(_) | Parameter::Arguments(_) => TokenStream::new(),
        })
        .collect();
    let completes = model.arguments().filter_map(|(_, argument)| {
        let name = &argument.name;
        let path = argument.rules.complete.as_ref()?;
        let place = at(path.span());
        Some(quote_spanned!(place=>
            .completes(#name, #path, |__call| #krate::__private::Ok((#beside)))))
    });
    completes.collect()
}

/// Returns the name of the slot that reads and describes the parameter of this number.
fn slot(number: usize) -> Ident {
    format_ident!("__slot_{number}", span = Span::mixed_site())
}

fn facts(model: &ItemModel, asks: &AccessTokens, krate: &TokenStream) -> TokenStream {
    let name = &model.name;
    let description = &model.description;
    let attribute = &model.attribute;
    let access = &asks.access;
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
    let needed = &attribute.client_capabilities;
    let needed = (!needed.is_empty()).then(|| {
        let needed = needed.iter().map(|one| one.tokens(krate));
        code!(.client_capabilities(&[#(#needed),*]))
    });
    code! {
        #krate::__private::Facts::new(
            #name,
            #description,
            #access,
        ) #title #(#hints)* #(#icons)* #meta #needed
    }
}

fn describe(model: &ItemModel, krate: &TokenStream) -> TokenStream {
    let parameters = model
        .parameters
        .iter()
        .enumerate()
        .map(|(number, parameter)| {
            let slot = slot(number);
            match parameter {
                Parameter::Argument(argument) => {
                    let name = &argument.name;
                    let description = argument.description.clone().unwrap_or_else(|| code!(""));
                    let rules = argument.rules.tokens(&argument.ty, krate);
                    code!(__describe.argument(#slot, #name, #description) #rules;)
                }
                Parameter::Arguments(_) => code!(__describe.arguments(#slot);),
                Parameter::Receiver(_) | Parameter::Extractor(_) => TokenStream::new(),
            }
        });
    code!(#(#parameters)* __describe.result(__result);)
}

/// Builds the closure that calls the `authorize` function with the caller and a reference to
/// each argument, for the gate and for the run.
fn decides(model: &ItemModel, krate: &TokenStream) -> Option<TokenStream> {
    let path = model.attribute.authorize.as_ref()?;
    // A type error appears where the `authorize` function is named.
    let place = at(path.span());
    let (mut taken, mut passed) = (Vec::new(), Vec::new());
    for (number, parameter) in model.parameters.iter().enumerate() {
        let value = value(number);
        let ty = match parameter {
            Parameter::Argument(argument) => &argument.ty,
            Parameter::Arguments(ty) => ty,
            Parameter::Receiver(_) | Parameter::Extractor(_) => continue,
        };
        taken.push(code!(#value: &#ty));
        passed.push(quote_spanned!(place=> #value));
    }
    let caller = match model.is_public() {
        true => quote_spanned!(place=> __caller),
        false => quote_spanned!(place=> #krate::__private::known_caller(__caller)?),
    };
    let answer = quote_spanned!(place=> #path(#caller, #(#passed),*));
    let decision = quote_spanned!(place=> #krate::__private::decision(#answer));
    Some(code! {
        let __authorize = |
            __caller: #krate::__private::Option<&#krate::__private::Caller>,
            #(#taken),*
        | -> #krate::__private::Authorized { #decision };
    })
}

/// Builds the call of `authorize` at the gate.
fn authorize(model: &ItemModel, asks: &AccessTokens) -> Option<TokenStream> {
    model.attribute.authorize.as_ref()?;
    let (mut reads, mut passed) = (Vec::new(), Vec::new());
    for (number, parameter) in model.parameters.iter().enumerate() {
        let (slot, value) = (slot(number), value(number));
        reads.push(match parameter {
            Parameter::Argument(argument) => {
                let name = &argument.name;
                code!(let #value = #slot.read_for_authorize(__asked, #name)?;)
            }
            Parameter::Arguments(_) => code!(let #value = #slot.read_all_for_authorize(__asked)?;),
            Parameter::Receiver(_) | Parameter::Extractor(_) => continue,
        });
        passed.push(code!(&#value));
    }
    let demands = &asks.demands;
    Some(code! {
        .authorize(
            #demands,
            move |__asked| { #(#reads)* __authorize(__asked.caller(), #(#passed),*) },
        )
    })
}

/// Returns the name of the value of the parameter of this number.
fn value(number: usize) -> Ident {
    format_ident!("__value_{number}", span = Span::mixed_site())
}

fn call(model: &ItemModel, function: &TokenStream, krate: &TokenStream) -> TokenStream {
    let mut first = Vec::new();
    let mut then = Vec::new();
    let mut passed = Vec::new();
    let mut authorized = Vec::new();
    for (number, parameter) in model.parameters.iter().enumerate() {
        let slot = slot(number);
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
            Parameter::Extractor(extractor) => {
                let ty = &extractor.ty;
                first.push(code!(let #value = #krate::__private::extract::<_, #ty>(&mut __call)?;));
            }
            Parameter::Argument(argument) => {
                let name = &argument.name;
                then.push(code!(let #value = #slot.take(&mut __call, #name)?;));
                authorized.push(code!(&#value));
            }
            Parameter::Arguments(_) => {
                then.push(code!(let #value = #slot.take_all(&mut __call)?;));
                authorized.push(code!(&#value.0));
            }
        }
        passed.push(code!(#value));
    }
    // What is authorized here is the very values that run.
    let confirm = model.attribute.authorize.as_ref().map(|_| {
        code!(#krate::__private::confirm(&__call, |__caller| __authorize(__caller, #(#authorized),*))?;)
    });
    let wait = model.is_async.then(|| code!(.await));
    code! {
        #krate::__private::run(__call.item(), async move {
            let mut __call = __call;
            #(#first)*
            #(#then)*
            #confirm
            __result.done(#function(#(#passed),*)#wait)
        })
    }
}

#[cfg(test)]
mod tests;
