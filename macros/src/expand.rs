//! Turns the model of a tool, a resource or a prompt into tokens, for functions and methods.
//!
//! Expansions stay small, because the runtime does the work. An expansion is one value of
//! `ToolDefinition`, `ResourceDefinition` or `PromptDefinition`. It is built from the facts
//! and two functions: one that describes the item, and one that calls it. `f` below, a tool with
//! an argument `text: String`, an extractor `State<Db>` and the result `String`, becomes
//!
//! ```text
//! struct f {}                                 // the type that `tools![f]` names
//!
//! impl Stated for f {                         // the access, as a constant
//!     const ACCESS: Requirement = Requirement::Scopes(&[&[Scope::new("a")]]);
//! }
//!
//! impl<S> ItemDef<S, ToolKind> for f where State<Db>: ExtractedFrom<S> {
//!     fn definition() -> ToolDefinition<S> {
//!         let slot_0 = argument::<String>();  // the one bound on this argument's type
//!         let result = returns::<String>();   // the one bound on the result's type
//!         ToolDefinition::new(
//!             Facts::new("f", "The doc comment.", <Self as Stated>::ACCESS),
//!             move |schema| {
//!                 schema.argument(slot_0, "text", "Its doc comment.");
//!                 schema.result(result);
//!             },
//!             move |call| run(call.tool(), async move {
//!                 let value_1 = extract::<_, State<Db>>(&mut call)?;
//!                 let value_0 = slot_0.take(&mut call, "text")?;
//!                 result.done(f(value_0, value_1))
//!             }),
//!         )
//!         .extracts::<State<Db>>()
//!     }
//! }
//! ```
//!
//! Every path begins with that of the runtime, and all of these items are in its `__private`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::{Expr, ExprLit, ExprPath, Lit, spanned::Spanned};

use crate::{
    access::Access,
    item_kind::ItemKind,
    model::ItemModel,
    parameter::{Parameter, Receiver},
    span::{code, located_at, respan, state},
};

/// Builds the bounds that the receiver and the extractors of an item put on the state.
///
/// Their errors appear at the user's types. Their paths are generated, so no `use` of the user's
/// can make them redundant.
pub(crate) fn bounds(model: &ItemModel, krate: &TokenStream) -> TokenStream {
    let state = state();
    let bounds = model.parameters.iter().map(|parameter| match parameter {
        Parameter::Receiver(_) => {
            let place = located_at(model.ident.span());
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
    pub(crate) fn for_function(krate: &TokenStream) -> Self {
        Self {
            access: code!(<Self as #krate::__private::Stated>::ACCESS),
            demands: code!(<Self as #krate::__private::Stated>::DEMANDS),
        }
    }

    /// Builds them for a method, and checks them against the declared scopes, if there are any.
    pub(crate) fn for_method(
        model: &ItemModel,
        declared_scopes: Option<&ExprPath>,
        krate: &TokenStream,
    ) -> Self {
        let access = access(model, krate);
        let demands = demands(model, krate).unwrap_or_else(|| code!(&[]));
        let within = declared_scopes.map(|path| {
            // The error appears at the method, not where the declared scopes are named.
            let place = located_at(model.ident.span());
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

/// Builds the scopes that `authorize` can require, as a constant's value, or returns `None` if
/// there are none.
pub(crate) fn demands(model: &ItemModel, krate: &TokenStream) -> Option<TokenStream> {
    let demands = &model.attribute.authorize_scopes;
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
    access: &AccessTokens,
    krate: &TokenStream,
) -> TokenStream {
    let kind = model.attribute.kind;
    let (reads, returns) = (kind.reads(), kind.returns());
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
    let facts = facts(model, access, krate);
    let call = call(model, function, krate);
    let value = kind.type_name("Definition");
    let constructor = match kind {
        ItemKind::Tool => {
            let describe = describe(model, krate);
            let authorize = authorize(model, access, krate);
            code!(new(#facts, move |__schema| { #describe }, move |__call| #call) #authorize)
        }
        ItemKind::Resource => {
            let attribute = &model.attribute;
            // If it is missing, an error was reported, and this is not used.
            let uri = attribute.uri.as_ref().map(|uri| &uri.literal);
            let mime_type = attribute.mime_type.as_ref();
            let mime_type = mime_type.map(|text| code!(.mime_type(#text)));
            let size = attribute.size.map(|bytes| code!(.size(#bytes)));
            code!(new(#uri, #facts, __result, move |__call| #call) #mime_type #size)
        }
        ItemKind::Prompt => {
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
        #krate::__private::#value::#constructor #(#extracts)* #completes
    }}
}

/// Builds the completions of arguments. A completing function can also take the receiver and
/// the extractors of the item.
fn completes(model: &ItemModel, krate: &TokenStream) -> TokenStream {
    let extracted: TokenStream = model
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
        let place = located_at(path.span());
        Some(quote_spanned!(place=>
            .completes(#name, #path, |__call| #krate::__private::Ok((#extracted)))))
    });
    completes.collect()
}

/// Returns the name of the slot that reads and describes the parameter of this number.
fn slot(number: usize) -> Ident {
    format_ident!("__slot_{number}", span = Span::mixed_site())
}

fn facts(model: &ItemModel, access: &AccessTokens, krate: &TokenStream) -> TokenStream {
    let name = &model.name;
    let description = &model.description;
    let attribute = &model.attribute;
    let access = &access.access;
    let title = attribute.title.as_ref().map(|text| code!(.title(#text)));
    let hints = attribute.hints.iter().map(|(key, value)| {
        let key = Ident::new(&key.to_string(), Span::mixed_site());
        code!(.#key(#value))
    });
    let icons = attribute.icons.iter().map(|icon| match icon {
        Expr::Lit(ExprLit {
            lit: Lit::Str(_), ..
        }) => code!(.icon_at(#icon)),
        other => quote_spanned!(located_at(other.span())=> .icon(#other)),
    });
    let meta = attribute
        .meta
        .as_ref()
        .map(|meta| quote_spanned!(located_at(meta.span())=> .meta(#meta)));
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
                    code!(__schema.argument(#slot, #name, #description) #rules;)
                }
                Parameter::Arguments(_) => code!(__schema.arguments(#slot);),
                Parameter::Receiver(_) | Parameter::Extractor(_) => TokenStream::new(),
            }
        });
    code!(#(#parameters)* __schema.result(__result);)
}

/// Builds the closure that calls the `authorize` function with the caller and a reference to
/// each argument, for the gate and for the run.
fn decides(model: &ItemModel, krate: &TokenStream) -> Option<TokenStream> {
    let path = model.attribute.authorize.as_ref()?;
    // A type error appears where the `authorize` function is named.
    let place = located_at(path.span());
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
fn authorize(model: &ItemModel, asks: &AccessTokens, krate: &TokenStream) -> Option<TokenStream> {
    model.attribute.authorize.as_ref()?;
    let (mut reads, mut values, mut passed) = (Vec::new(), Vec::new(), Vec::new());
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
        values.push(code!(#value));
        passed.push(match parameter {
            Parameter::Arguments(_) => code!(&#value.0),
            _ => code!(&#value),
        });
    }
    let demands = &asks.demands;
    Some(code! {
        .authorize(
            #demands,
            move |__asked| {
                #(#reads)*
                let __decision = __authorize(__asked.caller(), #(#passed),*);
                #krate::__private::authorized_values(__decision, (#(#values,)*))
            },
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
    let (mut read, mut authorized) = (Vec::new(), Vec::new());
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
                read.push(code!(#value));
            }
            Parameter::Arguments(_) => {
                then.push(code!(let #value = #slot.take_all(&mut __call)?;));
                authorized.push(code!(&#value.0));
                read.push(code!(#value));
            }
        }
        passed.push(code!(#value));
    }
    // The values that the gate authorized are those that run. Without them, the call authorizes
    // those that it reads.
    if model.attribute.authorize.is_some() {
        then = vec![code! {
            let (#(#read,)*) = match #krate::__private::take_authorized(&mut __call) {
                #krate::__private::Option::Some(__values) => __values,
                #krate::__private::Option::None => {
                    #(#then)*
                    #krate::__private::confirm(
                        &__call,
                        |__caller| __authorize(__caller, #(#authorized),*),
                    )?;
                    (#(#read,)*)
                }
            };
        }];
    }
    let wait = model.is_async.then(|| code!(.await));
    code! {
        #krate::__private::run(__call.item(), async move {
            let mut __call = __call;
            #(#first)*
            #(#then)*
            __result.done(#function(#(#passed),*)#wait)
        })
    }
}
