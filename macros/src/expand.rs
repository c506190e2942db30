//! Turns the model of a tool, a resource or a prompt into tokens, for functions and methods.
//!
//! Expansions stay small, because the runtime does the work. An expansion is one value of
//! `ToolDefinition`, `ResourceDefinition` or `PromptDefinition`. It is built from the declaration
//! and two functions: one that describes the item, and one that calls it. `f` below, a tool with
//! an argument `text: String`, an extractor `State<Db>` and the result `String`, becomes
//!
//! ```text
//! struct f {}                                 // the type that `tools![f]` names
//!
//! impl DeclaredAccess for f {                         // the access, as a constant
//!     const ACCESS: Requirement = Requirement::Scopes(&[&[Scope::new("a")]]);
//! }
//!
//! impl<S> ItemDef<S, ToolKind> for f where State<Db>: ExtractedFrom<S> {
//!     fn definition() -> ToolDefinition<S> {
//!         let slot_0 = argument::<String>();  // the one bound on this argument's type
//!         let result = returns::<String>();   // the one bound on the result's type
//!         ToolDefinition::new(
//!             ItemDeclaration::new("f", "The doc comment.", <Self as DeclaredAccess>::ACCESS),
//!             move |schema| {
//!                 SchemaBuilder::argument(schema, slot_0, "text", "Its doc comment.");
//!                 SchemaBuilder::result(schema, result);
//!             },
//!             move |call| run(Call::item(&call), async move {
//!                 let value_1 = extract::<_, State<Db>>(&mut call)?;
//!                 let value_0 = ArgumentReader::take(slot_0, &mut call, "text")?;
//!                 Returns::done(result, f(value_0, value_1))
//!             }),
//!         );
//!         ToolDefinition::extracts::<State<Db>>(definition)
//!     }
//!
//!     fn function() -> TypeId {               // `tools![f]` compares it with the function at `f`
//!         function_id(&f)
//!     }
//! }
//! ```
//!
//! Every path begins with that of the runtime, and all of these items are in its `__private`.
//! Nothing is called with method syntax: a method of a trait in the user's scope that takes `self`
//! would precede a method of ours that takes `&self`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::{Expr, ExprLit, Lit, spanned::Spanned};

use crate::{
    access_tokens::AccessTokens,
    item_kind::ItemKind,
    model::ItemModel,
    parameter::{Extractor, Parameter},
    span::{code, located_at, respan, state},
};

mod authorize;
mod call;

/// Builds the bounds that the receiver and the extractors of an item put on the state.
///
/// Their errors appear at the user's types. Their paths are generated, so no `use` of the user's
/// can make them redundant.
pub(crate) fn bounds(model: &ItemModel, krate: &TokenStream) -> Vec<TokenStream> {
    let state = state();
    let bounds = model.parameters.iter().filter_map(|parameter| match parameter {
        Parameter::Receiver(_) => {
            let place = located_at(model.ident.span());
            Some(quote_spanned!(place=> #krate::__private::Arc<Self>: #krate::__private::PartOf<#state>,))
        }
        Parameter::Extractor(extractor) => {
            let ty = &extractor.ty;
            let krate = respan(krate, ty.span());
            Some(quote_spanned!(ty.span()=> #ty: #krate::__private::ExtractedFrom<#state>,))
        }
        Parameter::Argument(_) | Parameter::Arguments(_) => None,
    });
    bounds.collect()
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
    let value = kind.type_name("Definition");
    let extracts = model.extractors().map(|extractor| {
        let ty = &extractor.ty;
        code!(let __definition = #krate::__private::#value::extracts::<#ty>(__definition);)
    });
    let result = &model.result;
    let declaration = declaration(model, access, krate);
    let call = call::call(model, function, krate);
    let (constructor, changes) = match kind {
        ItemKind::Tool => {
            let describe = describe(model, krate);
            (
                code!(#declaration, move |__schema| { #describe }, move |__call| #call),
                None,
            )
        }
        ItemKind::Resource => {
            let attribute = &model.attribute;
            // If it is missing, an error was reported, and this is not used.
            let uri = attribute.uri.as_ref().map(|uri| &uri.literal);
            let mime_type = attribute.mime_type.as_ref().map(
                |text| code!(let __definition = #krate::__private::#value::mime_type(__definition, #text);),
            );
            let size = attribute.size.map(
                |bytes| code!(let __definition = #krate::__private::#value::size(__definition, #bytes);),
            );
            (
                code!(#uri, #declaration, __result, move |__call| #call),
                Some(code!(#mime_type #size)),
            )
        }
        ItemKind::Prompt => {
            let arguments = model.arguments().map(|(number, argument)| {
                let slot = slot(number);
                let name = &argument.name;
                let description = argument.description.clone().unwrap_or_else(|| code!(""));
                code! {
                    let __definition = #krate::__private::#value::argument(
                        __definition, #slot, #name, #description,
                    );
                }
            });
            (
                code!(#declaration, move |__call| #call),
                Some(code!(#(#arguments)*)),
            )
        }
    };
    let completes = completes(model, krate);
    let authorize = authorize::authorize(model, krate);
    let authorize_scopes = (!model.attribute.authorize_scopes.is_empty()).then(|| {
        let authorize_scopes = &access.authorize_scopes;
        code!(let __definition = #krate::__private::#value::authorize_scopes(__definition, #authorize_scopes);)
    });
    code! {{
        #(#slots)*
        let __result = #krate::__private::#returns::<#result>();
        let __definition = #krate::__private::#value::new(#constructor);
        #changes
        #(#extracts)*
        #authorize_scopes
        #authorize
        #completes
        __definition
    }}
}

/// Returns how many parameters an item passes to its `authorize` function after the caller.
pub(crate) fn authorize_parameters(model: &ItemModel) -> usize {
    authorize::taken(model).count()
}

/// Builds the completions of arguments. A completing function can also take the receiver and
/// the extractors of the item.
fn completes(model: &ItemModel, krate: &TokenStream) -> TokenStream {
    let value = model.attribute.kind.type_name("Definition");
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
    // State the types: if they differ, the error is about the function, not about its arguments.
    let types: TokenStream = model
        .parameters
        .iter()
        .map(|parameter| match parameter {
            Parameter::Receiver(_) => code!(#krate::__private::Arc<Self>,),
            Parameter::Extractor(Extractor { ty, .. }) => code!(#ty,),
            Parameter::Argument(_) | Parameter::Arguments(_) => TokenStream::new(),
        })
        .collect();
    let completes = model.arguments().filter_map(|(_, argument)| {
        let name = &argument.name;
        let path = argument.rules.complete.as_ref()?;
        let place = located_at(path.span());
        let krate = respan(krate, place);
        Some(quote_spanned!(place=>
            let __definition = #krate::__private::#value::completes::<(#types), _>(
                __definition, #name, #path, |__call| #krate::__private::Ok((#extracted)),
            );
        ))
    });
    completes.collect()
}

/// Returns the name of the slot that reads and describes the parameter of this number.
fn slot(number: usize) -> Ident {
    format_ident!("__slot_{number}", span = Span::mixed_site())
}

fn declaration(model: &ItemModel, access: &AccessTokens, krate: &TokenStream) -> TokenStream {
    let name = &model.name;
    let description = &model.description;
    let attribute = &model.attribute;
    let (access, conditions) = (&access.access, &access.conditions);
    let with = |setter: &str, value: TokenStream, place: Span| {
        let setter = Ident::new(setter, Span::mixed_site());
        let krate = respan(krate, place);
        quote_spanned!(place=> let __declaration = #krate::__private::ItemDeclaration::#setter(__declaration, #value);)
    };
    let generated = Span::mixed_site();
    let conditions = conditions
        .as_ref()
        .map(|value| with("conditions", value.clone(), generated));
    let texts = [
        ("title", &attribute.title),
        ("confirm", &attribute.confirm),
        ("approve", &attribute.approve),
    ];
    let texts = texts.into_iter().filter_map(|(setter, text)| {
        let text = text.as_ref()?;
        Some(with(setter, code!(#text), generated))
    });
    let limits = attribute.limits.setters(krate).into_iter();
    let limits = limits.map(|(setter, value)| with(setter, value, generated));
    let hints = attribute
        .hints
        .iter()
        .map(|(key, value)| with(&key.to_string(), code!(#value), generated));
    let icons = attribute.icons.iter().map(|icon| match icon {
        Expr::Lit(ExprLit {
            lit: Lit::Str(_), ..
        }) => with("icon_at", code!(#icon), generated),
        other => with("icon", code!(#other), located_at(other.span())),
    });
    let meta = attribute
        .meta
        .as_ref()
        .map(|meta| with("meta", code!(#meta), located_at(meta.span())));
    let needed = &attribute.client_capabilities;
    let needed = (!needed.is_empty()).then(|| {
        let needed = needed.iter().map(|one| one.tokens(krate));
        with("client_capabilities", code!(&[#(#needed),*]), generated)
    });
    let new = code!(#krate::__private::ItemDeclaration::new(#name, #description, #access));
    let changes = code!(
        #conditions #(#texts)* #(#limits)* #(#hints)* #(#icons)* #meta #needed
    );
    match changes.is_empty() {
        true => new,
        false => code!({ let __declaration = #new; #changes __declaration }),
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
                    code! {
                        #krate::__private::SchemaBuilder::argument(
                            __schema, #slot, #name, #description,
                        );
                        #rules
                    }
                }
                Parameter::Arguments(_) => {
                    code!(#krate::__private::SchemaBuilder::arguments(__schema, #slot);)
                }
                Parameter::Receiver(_) | Parameter::Extractor(_) => TokenStream::new(),
            }
        });
    code!(#(#parameters)* #krate::__private::SchemaBuilder::result(__schema, __result);)
}

/// Returns the name of the value of the parameter of this number.
fn value(number: usize) -> Ident {
    format_ident!("__value_{number}", span = Span::mixed_site())
}

/// Builds the statement that reads a parameter from a call. A receiver is not read like this.
fn read(number: usize, parameter: &Parameter, slots: &Ident, krate: &TokenStream) -> TokenStream {
    let (slot, value) = (slot(number), value(number));
    match parameter {
        Parameter::Argument(argument) => {
            let name = &argument.name;
            code!(let #value = #krate::__private::#slots::take(#slot, &mut __call, #name)?;)
        }
        Parameter::Arguments(_) => {
            code!(let #value = #krate::__private::ArgumentReader::take_all(#slot, &mut __call)?;)
        }
        Parameter::Extractor(extractor) => {
            let ty = &extractor.ty;
            code!(let #value = #krate::__private::extract::<_, #ty>(&mut __call)?;)
        }
        Parameter::Receiver(_) => TokenStream::new(),
    }
}
