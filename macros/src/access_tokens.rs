//! The access of an item as constants of its expansion.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::ExprPath;

use crate::{
    access::Access,
    model::ItemModel,
    span::{code, located_at, respan},
};

/// The access and the `authorize_scopes` of an item, as expressions of an expansion.
pub(crate) struct AccessTokens {
    pub(crate) access: TokenStream,
    pub(crate) authorize_scopes: TokenStream,
    /// `None` if there are no conditions.
    pub(crate) conditions: Option<TokenStream>,
}

impl AccessTokens {
    /// Refers to the constants of a function's hidden struct.
    pub(crate) fn for_function(model: &ItemModel, krate: &TokenStream) -> Self {
        Self {
            access: code!(<Self as #krate::__private::DeclaredAccess>::ACCESS),
            authorize_scopes: code!(<Self as #krate::__private::DeclaredAccess>::AUTHORIZE_SCOPES),
            conditions: conditions(model, krate)
                .map(|_| code!(<Self as #krate::__private::DeclaredAccess>::CONDITIONS)),
        }
    }

    /// Builds them for a method, and checks them against the declared scopes, if there are any.
    pub(crate) fn for_method(
        model: &ItemModel,
        declared_scopes: Option<&ExprPath>,
        krate: &TokenStream,
    ) -> Self {
        let access = access(model, krate);
        let authorize_scopes = authorize_scopes(model, krate).unwrap_or_else(|| code!(&[]));
        let within = declared_scopes.map(|path| {
            // The error appears at the method, not where the declared scopes are named.
            let place = located_at(model.ident.span());
            let krate = respan(krate, place);
            let name = &model.name;
            quote_spanned! {place=>
                const _: () = #krate::__private::assert_within(
                    #name, __TOOLGATE_ACCESS, __TOOLGATE_AUTHORIZE_SCOPES, #path,
                );
            }
        });
        // A user's constant can have any name that does not begin like this.
        let listed = within.as_ref().map(|within| {
            code! {
                const __TOOLGATE_AUTHORIZE_SCOPES: &[#krate::__private::Scope] = #authorize_scopes;
                #within
            }
        });
        Self {
            access: code!({
                const __TOOLGATE_ACCESS: #krate::__private::Requirement = #access;
                #listed
                __TOOLGATE_ACCESS
            }),
            authorize_scopes: code!({
                const __TOOLGATE_AUTHORIZE_SCOPES: &[#krate::__private::Scope] = #authorize_scopes;
                __TOOLGATE_AUTHORIZE_SCOPES
            }),
            conditions: conditions(model, krate).map(|conditions| {
                code!({
                    const __TOOLGATE_CONDITIONS: #krate::__private::Conditions = #conditions;
                    __TOOLGATE_CONDITIONS
                })
            }),
        }
    }
}

/// Builds the access that the item requires, as a constant's value.
pub(crate) fn access(model: &ItemModel, krate: &TokenStream) -> TokenStream {
    // If it is missing, an error was reported, and this is not used.
    let access = model.attribute.access.as_ref();
    access.unwrap_or(&Access::Authenticated).tokens(krate)
}

/// Builds the additional conditions of an access as the value of a constant, or returns `None` if
/// the item has no conditions.
pub(crate) fn conditions(model: &ItemModel, krate: &TokenStream) -> Option<TokenStream> {
    model.attribute.conditions.tokens(krate)
}

/// Builds the scopes that `authorize` can require, as a constant's value, or returns `None` if
/// there are none.
pub(crate) fn authorize_scopes(model: &ItemModel, krate: &TokenStream) -> Option<TokenStream> {
    let authorize_scopes = &model.attribute.authorize_scopes;
    let scopes = authorize_scopes.iter().map(|scope| scope.tokens(krate));
    (!authorize_scopes.is_empty()).then(|| code!(&[#(#scopes),*]))
}
