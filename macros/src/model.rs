//! A tool as its author wrote it, the same for a free function and for a method; and the
//! checks that need more than one part of it.

use std::collections::HashMap;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Ident, LitStr, ReturnType, Signature, Type, ext::IdentExt, parse_quote};

use crate::{
    access::Access,
    attribute::ToolAttribute,
    doc,
    errors::Errors,
    parameter::{Parameter, Role, nameable},
};

/// One tool.
pub(crate) struct ToolModel {
    /// The function.
    pub(crate) ident: Ident,
    /// As clients know it.
    pub(crate) name: LitStr,
    pub(crate) description: TokenStream,
    pub(crate) attribute: ToolAttribute,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) result: Type,
    pub(crate) is_async: bool,
}

impl ToolModel {
    /// Reads a function; takes our attributes off its parameters. What is wrong is told.
    pub(crate) fn read(
        attribute: ToolAttribute,
        attributes: &[Attribute],
        signature: &mut Signature,
        krate: &TokenStream,
        errors: &Errors,
    ) -> Self {
        check_signature(signature, errors);
        let name = match &attribute.name {
            Some(name) => name.clone(),
            None => name_of(&signature.ident, errors),
        };
        let description = match &attribute.description {
            Some(text) => Some(text.to_token_stream()),
            None => doc::description(attributes, krate),
        };
        if description.is_none() {
            errors.at(
                signature.ident.span(),
                "this tool has no description, and a model cannot use what is not described: write a doc comment that says what the tool does and when to use it, or `description = \"…\"`",
            );
        }
        let result = match &signature.output {
            ReturnType::Default => parse_quote!(()),
            ReturnType::Type(_, ty) => {
                nameable(ty, Role::Result, errors);
                (**ty).clone()
            }
        };
        let parameters = signature.inputs.iter_mut();
        let parameters = parameters
            .filter_map(|input| Parameter::read(input, krate, errors))
            .collect();
        let model = Self {
            ident: signature.ident.clone(),
            name,
            description: description.unwrap_or_else(|| "".to_token_stream()),
            attribute,
            parameters,
            result,
            is_async: signature.asyncness.is_some(),
        };
        model.check(errors);
        model
    }

    /// Whether there can be a call without a caller.
    pub(crate) fn is_public(&self) -> bool {
        matches!(self.attribute.access, Some(Access::Public))
    }

    fn check(&self, errors: &Errors) {
        let mut names = HashMap::new();
        let mut headers = HashMap::new();
        let mut whole = false;
        for parameter in &self.parameters {
            match parameter {
                Parameter::Receiver(_) => {}
                Parameter::Argument(argument) => {
                    if names.insert(argument.name.clone(), ()).is_some() {
                        errors.at(
                            argument.span,
                            format_args!("two arguments are named `{}`: rename one", argument.name),
                        );
                    }
                    if let Some(header) = &argument.rules.header
                        && headers
                            .insert(header.value().to_ascii_lowercase(), ())
                            .is_some()
                    {
                        errors.on(header, format_args!("two arguments have the header `{}`, and case does not count: give each its own", header.value()));
                    }
                }
                Parameter::Arguments(ty) => {
                    if whole {
                        errors.on(ty, "`Args` is all arguments together: there can be one");
                    }
                    whole = true;
                }
                Parameter::Extractor(extractor) => {
                    if extractor.is_caller && self.is_public() {
                        errors.on(
                            &extractor.ty,
                            "a public tool can be called without a token, and then there is no caller: take `Option<Caller>`, or say `authenticated` instead of `public`",
                        );
                    }
                }
            }
        }
        if whole
            && let Some(Parameter::Argument(argument)) = self
                .parameters
                .iter()
                .find(|one| matches!(one, Parameter::Argument(_)))
        {
            errors.at(
                argument.span,
                "`Args` is all arguments together: make this a field of its struct, or mark an extractor of your own `#[extract]`",
            );
        }
    }
}

/// What a tool's function cannot be.
fn check_signature(signature: &Signature, errors: &Errors) {
    if !signature.generics.params.is_empty() {
        errors.on(
            &signature.generics,
            "a tool is one function with one schema: take the generics away; to share code, call a generic function from two tools",
        );
    }
    if let Some(clause) = &signature.generics.where_clause {
        errors.on(
            clause,
            "a tool is not generic: take the `where` clause away",
        );
    }
    if let syn::Safety::Unsafe(token) = &signature.safety {
        errors.on(token, "a tool is called with whatever a client sends: wrap the unsafe part in a safe function that checks it");
    }
    if let Some(abi) = &signature.abi {
        errors.on(
            abi,
            "a tool has Rust's own calling convention: take the `extern` away",
        );
    }
    if let Some(variadic) = &signature.variadic {
        errors.on(
            variadic,
            "a tool names each of its arguments: take a `Vec` instead",
        );
    }
}

/// The tool's name where none is stated: the function's.
fn name_of(ident: &Ident, errors: &Errors) -> LitStr {
    let name = ident.unraw().to_string();
    if !name.is_ascii() || name.len() > 128 {
        errors.at(
            ident.span(),
            "a tool's name has 1 to 128 of the letters A-Z and a-z, digits, `_`, `-` and `.`: state one with `name = \"…\"`",
        );
    }
    LitStr::new(&name, ident.span())
}

/// The place of an attribute, for what is missing in it.
pub(crate) fn place_of(attribute: &Attribute) -> Span {
    attribute
        .path()
        .segments
        .last()
        .map_or_else(Span::call_site, |segment| segment.ident.span())
}

#[cfg(test)]
mod tests;
