//! Expands `#[mcp_tool]`, `#[mcp_resource]` and `#[mcp_prompt]` on a free function.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, ExprPath, FnArg, Ident, Item, ItemFn, Visibility};

use crate::{
    access_tokens::{self, AccessTokens},
    attribute::{ItemAttribute, krate_or_default},
    errors::Errors,
    expand,
    invalid_item::InvalidItem,
    item_kind::ItemKind,
    model::ItemModel,
    span::{self, code},
};

/// The mark that `#[mcp_tools]` leaves in the attribute of a method that it has expanded.
pub(crate) const EXPANDED: &str = "__expanded_by_mcp_tools";

/// Expands `#[mcp_tool(attribute)] item`, or the same for the other kinds.
///
/// # Errors
///
/// An invalid item, with all its errors.
pub(crate) fn expand(
    kind: ItemKind,
    attribute: TokenStream,
    item: TokenStream,
) -> Result<TokenStream, InvalidItem> {
    if attribute.to_string() == EXPANDED {
        return Ok(item);
    }
    let errors = Errors::new();
    let mut function = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Fn(function)) => function,
        other => return Err(no_function(kind, other, item, errors)),
    };
    if let Some(sign) = sign_of_method(&function) {
        errors.add_on(
            sign,
            format_args!(
                "a method becomes a {} through its `impl` block: put `#[mcp_tools]` on the block, and keep `#[{}(…)]` here",
                kind.noun(),
                kind.attribute()
            ),
        );
        return Err(InvalidItem::other(errors, without_our_attributes(function)));
    }
    let attribute = ItemAttribute::parse(kind, attribute, Span::call_site(), &errors);
    let krate = krate_or_default(attribute.krate.clone(), &errors);
    for again in function.attrs.iter().filter(|one| is_ours(one)) {
        errors.add_on(again, kind.repeated("function", again));
    }
    function.attrs.retain(|one| !is_ours(one));
    for path in attribute.paths().filter(|path| begins_with_self(path)) {
        errors.add_on(
            path,
            "a function outside of an `impl` block has no `Self`: name the type",
        );
    }
    let model = ItemModel::build(
        attribute,
        &function.attrs,
        &mut function.sig,
        &krate,
        &errors,
    );
    if let Some(errors) = errors.finish() {
        return Err(InvalidItem::Function {
            errors,
            item: Box::new(function),
        });
    }

    let ident = &model.ident;
    let hidden = hidden(&function.vis, ident);
    let declared = declared_access(ident, &model, &krate);
    let implementation = implementation(
        kind,
        ident,
        quiet_calls(&function.attrs).as_ref(),
        &expand::bounds(&model, &krate).into_iter().collect(),
        &expand::definition(
            &model,
            &ident.to_token_stream(),
            &AccessTokens::for_function(&model, &krate),
            &krate,
        ),
        &code!(#krate::__private::function_id(&#ident)),
        &krate,
    );
    Ok(quote!(#function #hidden #declared #implementation))
}

/// Returns what shows that a function is in an `impl` block: its receiver, or a `Self`.
///
/// An attribute does not see its surroundings. Without either, the compiler reports that a block
/// cannot contain the hidden struct.
fn sign_of_method(function: &ItemFn) -> Option<TokenStream> {
    if let Some(FnArg::Receiver(receiver)) = function.sig.inputs.first() {
        return Some(receiver.to_token_stream());
    }
    let body = function.block.to_token_stream();
    // An item in the body can have a `Self` of its own.
    let has_items = ["impl", "trait", "struct", "enum", "union", "macro_rules"];
    let has_items = has_items
        .iter()
        .any(|word| find(body.clone(), word).is_some());
    let in_body = (!has_items).then(|| find(body, "Self")).flatten();
    find(function.sig.to_token_stream(), "Self").or(in_body)
}

/// Returns the first occurrence of a word.
fn find(tokens: TokenStream, word: &str) -> Option<TokenStream> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == word => Some(ident.to_token_stream()),
        TokenTree::Group(group) => find(group.stream(), word),
        _ => None,
    })
}

/// Implements the access on the hidden struct, independent of the state of a server.
fn declared_access(ident: &Ident, model: &ItemModel, krate: &TokenStream) -> TokenStream {
    let access = access_tokens::access(model, krate);
    let authorize_scopes = access_tokens::authorize_scopes(model, krate).map(|authorize_scopes| {
        quote_spanned! {Span::mixed_site()=>
            const AUTHORIZE_SCOPES: &'static [#krate::__private::Scope] = #authorize_scopes;
        }
    });
    let conditions = access_tokens::conditions(model, krate).map(|conditions| {
        quote_spanned! {Span::mixed_site()=>
            const CONDITIONS: #krate::__private::Conditions = #conditions;
        }
    });
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        impl #krate::__private::DeclaredAccess for #ident {
            const ACCESS: #krate::__private::Requirement = #access;
            #authorize_scopes
            #conditions
        }
    }
}

/// Builds the hidden struct. It has the function's name in the type namespace, so a `use`
/// imports both. It has braces, so it takes no name in the value namespace.
pub(crate) fn hidden(visibility: &Visibility, ident: &Ident) -> TokenStream {
    // Located at the function's name, but not a token of the user's: lints about names and
    // documentation of items must not apply to it.
    let ident = span::named(ident);
    quote_spanned! {Span::mixed_site()=>
        #[doc(hidden)]
        #visibility struct #ident {}
    }
}

/// Implements the definition of the item on the hidden struct.
pub(crate) fn implementation(
    kind: ItemKind,
    ident: &Ident,
    quiet: Option<&TokenStream>,
    bounds: &TokenStream,
    definition: &TokenStream,
    function: &TokenStream,
    krate: &TokenStream,
) -> TokenStream {
    let state = span::state();
    let (item, result) = (kind.marker(), kind.type_name("Definition"));
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        #quiet
        impl<#state> #krate::__private::ItemDef<#state, #krate::__private::#item> for #ident
        where
            #state: #krate::__private::ServerState,
            #bounds
        {
            fn definition() -> #krate::__private::#result<#state> {
                #definition
            }

            fn function() -> #krate::__private::TypeId {
                #function
            }
        }
    }
}

/// Returns an attribute for our own calls of a function that is deprecated for its other callers.
pub(crate) fn quiet_calls(attributes: &[Attribute]) -> Option<TokenStream> {
    let is_deprecated = attributes
        .iter()
        .any(|one| one.path().is_ident("deprecated"));
    is_deprecated.then(|| code!(#[allow(deprecated)]))
}

/// Returns whether a path begins with `Self`.
pub(crate) fn begins_with_self(path: &ExprPath) -> bool {
    let first = path.path.segments.first();
    path.qself.is_none() && first.is_some_and(|first| first.ident == "Self")
}

/// Returns whether an attribute declares a tool, a resource or a prompt.
pub(crate) fn is_ours(attribute: &Attribute) -> bool {
    ItemKind::from_attribute(attribute).is_some()
}

fn without_our_attributes(mut function: ItemFn) -> ItemFn {
    function.attrs.retain(|one| !is_ours(one));
    function
        .sig
        .inputs
        .iter_mut()
        .for_each(crate::parameter::clean);
    function
}

fn no_function(
    kind: ItemKind,
    item: syn::Result<Item>,
    tokens: TokenStream,
    errors: Errors,
) -> InvalidItem {
    let (name, noun) = (kind.attribute(), kind.noun());
    match item {
        Ok(Item::Impl(_)) => errors.add_at(
            Span::call_site(),
            format_args!("`#[{name}(…)]` does not apply to an `impl` block: put `#[mcp_tools]` on the block, and `#[{name}(…)]` on each method"),
        ),
        Ok(Item::Struct(_) | Item::Enum(_)) if kind == ItemKind::Tool => errors.add_at(
            Span::call_site(),
            "toolgate builds a tool from a function, not from a type: put `#[mcp_tool(…)]` on a function, and take a struct of arguments as `Args<T>`; if you meant another crate's `#[mcp_tool]`, check the `use`",
        ),
        Ok(_) => errors.add_at(
            Span::call_site(),
            format_args!("toolgate builds a {noun} from a function: put `#[{name}(…)]` on a function"),
        ),
        Err(error) => errors.add(error),
    }
    InvalidItem::other(errors, tokens)
}

#[cfg(test)]
mod tests;
