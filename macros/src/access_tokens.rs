//! The access of an item as constants of its expansion.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::ExprPath;

use crate::{
    access::Access,
    model::ItemModel,
    span::{code, located_at, respan},
};

/// The access and the demands of an item, as expressions of an expansion.
pub(crate) struct AccessTokens {
    pub(crate) access: TokenStream,
    pub(crate) demands: TokenStream,
    /// `None` if there are no conditions.
    pub(crate) conditions: Option<TokenStream>,
}

impl AccessTokens {
    /// Refers to the constants of a function's hidden struct.
    pub(crate) fn for_function(model: &ItemModel, krate: &TokenStream) -> Self {
        Self {
            access: code!(<Self as #krate::__private::Stated>::ACCESS),
            demands: code!(<Self as #krate::__private::Stated>::DEMANDS),
            conditions: conditions(model, krate)
                .map(|_| code!(<Self as #krate::__private::Stated>::CONDITIONS)),
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
            let krate = respan(krate, place);
            let name = &model.name;
            quote_spanned! {place=>
                const _: () = #krate::__private::assert_within(
                    #name, __TOOLGATE_ACCESS, __TOOLGATE_DEMANDS, #path,
                );
            }
        });
        // A user's constant can have any name that does not begin like this.
        let listed = within.as_ref().map(|within| {
            code! {
                const __TOOLGATE_DEMANDS: &[#krate::__private::Scope] = #demands;
                #within
            }
        });
        Self {
            access: code!({
                const __TOOLGATE_ACCESS: #krate::__private::Requirement = #access;
                #listed
                __TOOLGATE_ACCESS
            }),
            demands: code!({
                const __TOOLGATE_DEMANDS: &[#krate::__private::Scope] = #demands;
                __TOOLGATE_DEMANDS
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
pub(crate) fn demands(model: &ItemModel, krate: &TokenStream) -> Option<TokenStream> {
    let demands = &model.attribute.authorize_scopes;
    let scopes = demands.iter().map(|scope| scope.tokens(krate));
    (!demands.is_empty()).then(|| code!(&[#(#scopes),*]))
}
