//! The model of a tool, a resource or a prompt, for functions and methods, and the checks that
//! need more than one part of it.

use std::collections::HashMap;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Ident, LitStr, ReturnType, Signature, Type, ext::IdentExt, parse_quote};

use crate::{
    access::Access,
    attribute::ItemAttribute,
    doc_comment,
    errors::Errors,
    item_kind::ItemKind,
    parameter::{Argument, Extractor, Parameter, Role, nameable},
    uri_template::Uri,
};

mod question;
pub(crate) mod question_errors;

/// A tool, a resource or a prompt.
pub(crate) struct ItemModel {
    /// The name of the function.
    pub(crate) ident: Ident,
    /// The name for clients.
    pub(crate) name: LitStr,
    pub(crate) description: TokenStream,
    pub(crate) attribute: ItemAttribute,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) result: Type,
    pub(crate) is_async: bool,
}

impl ItemModel {
    /// Builds the model of a function, removes our attributes from its parameters, and reports
    /// errors.
    pub(crate) fn build(
        attribute: ItemAttribute,
        attributes: &[Attribute],
        signature: &mut Signature,
        krate: &TokenStream,
        errors: &Errors,
    ) -> Self {
        let kind = attribute.kind;
        check_signature(signature, kind, errors);
        let name = match &attribute.name {
            Some(name) => name.clone(),
            None => default_name(&signature.ident, kind, errors),
        };
        let description = match &attribute.description {
            Some(text) => Some(text.to_token_stream()),
            None => doc_comment::description(attributes, krate),
        };
        if description.is_none() {
            errors.add_at(
                signature.ident.span(),
                match kind {
                    ItemKind::Tool => "this tool has no description, and a model chooses tools by their descriptions: write a doc comment that says what the tool does and when to use it, or add `description = \"…\"`",
                    ItemKind::Resource => "this resource has no description, and a model chooses resources by their descriptions: write a doc comment that says what it contains, or add `description = \"…\"`",
                    ItemKind::Prompt => "this prompt has no description, and users choose prompts by their descriptions: write a doc comment that says what it is for, or add `description = \"…\"`",
                },
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
            .filter_map(|input| Parameter::parse(input, kind, krate, errors))
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

    /// Returns whether a call can have no caller.
    pub(crate) fn is_public(&self) -> bool {
        matches!(self.attribute.access, Some(Access::Public))
    }

    /// Returns the arguments, each with its number among the parameters.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = (usize, &Argument)> {
        let parameters = self.parameters.iter().enumerate();
        parameters.filter_map(|(number, parameter)| match parameter {
            Parameter::Argument(argument) => Some((number, &**argument)),
            _ => None,
        })
    }

    /// Returns the extractors.
    pub(crate) fn extractors(&self) -> impl Iterator<Item = &Extractor> {
        self.parameters
            .iter()
            .filter_map(|parameter| match parameter {
                Parameter::Extractor(extractor) => Some(extractor),
                _ => None,
            })
    }

    fn check(&self, errors: &Errors) {
        let mut names = HashMap::new();
        let mut headers = HashMap::new();
        let mut whole = false;
        let kind = self.attribute.kind;
        for parameter in &self.parameters {
            match parameter {
                Parameter::Receiver(_) => {}
                Parameter::Argument(argument) => {
                    if names.insert(argument.name.clone(), ()).is_some() {
                        errors.add_at(
                            argument.span,
                            format_args!("two arguments are named `{}`: rename one", argument.name),
                        );
                    }
                    if let Some(header) = &argument.rules.header
                        && headers
                            .insert(header.value().to_ascii_lowercase(), ())
                            .is_some()
                    {
                        errors.add_on(header, format_args!("two arguments have the header `{}`, ignoring case: give each its own header", header.value()));
                    }
                }
                Parameter::Arguments(ty) if kind != ItemKind::Tool => errors.add_on(
                    ty,
                    format_args!(
                        "`Args` is for tools only: declare each argument of a {} as a parameter",
                        kind.noun()
                    ),
                ),
                Parameter::Arguments(ty) => {
                    if whole {
                        errors.add_on(ty, "`Args` takes all arguments, so a tool can have only one: merge the structs");
                    }
                    whole = true;
                }
                Parameter::Extractor(extractor) => {
                    if extractor.is_caller && self.is_public() {
                        errors.add_on(
                            &extractor.ty,
                            format_args!("a public {} can be used without a token, and then there is no caller: take `Option<Caller>`, or write `authenticated` instead of `public`", kind.noun()),
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
            errors.add_at(
                argument.span,
                "`Args` takes all arguments: make this a field of its struct, or mark your own extractor with `#[extract]`",
            );
        }
        question::check(self, errors);
        if let Some(uri) = &self.attribute.uri {
            self.check_variables(uri, errors);
        }
    }

    /// Checks that each variable of a template has a parameter, and each parameter a variable.
    fn check_variables(&self, uri: &Uri, errors: &Errors) {
        let is_named = |variable: &str| self.arguments().any(|(_, one)| one.name == variable);
        let missing: Vec<&String> = uri.variables.iter().filter(|one| !is_named(one)).collect();
        let unknown = self.arguments().map(|(_, argument)| argument);
        let unknown: Vec<&Argument> = unknown
            .filter(|argument| !uri.variables.contains(&argument.name))
            .collect();
        if let ([variable], [argument]) = (missing.as_slice(), unknown.as_slice()) {
            errors.add_at(
                argument.span,
                format_args!("the variable of the URI is `{variable}`, and the parameter is `{}`: give both one name, write `#[arg(rename = \"{variable}\")]`, or mark your own extractor with `#[extract]`", argument.name),
            );
            return;
        }
        for argument in unknown {
            let there_is = match uri.variables.as_slice() {
                [] => "it has none".to_owned(),
                variables => format!("it has `{}`", variables.join("`, `")),
            };
            errors.add_at(
                argument.span,
                format_args!(
                    "the URI has no variable `{}`; {there_is}: rename the parameter to a variable of the URI, or mark your own extractor with `#[extract]`",
                    argument.name
                ),
            );
        }
        for variable in missing {
            errors.add_on(
                &uri.literal,
                format_args!("the variable `{variable}` has no parameter: add `{variable}: String`, or use another type that can be parsed from a string"),
            );
        }
    }
}

/// Reports a signature that no tool, resource or prompt can have.
fn check_signature(signature: &Signature, kind: ItemKind, errors: &Errors) {
    let noun = kind.noun();
    if !signature.generics.params.is_empty() {
        errors.add_on(
            &signature.generics,
            format_args!("a {noun} cannot be generic: remove the generic parameters; to share code, call a generic function from two {noun}s"),
        );
    }
    if let Some(clause) = &signature.generics.where_clause {
        errors.add_on(
            clause,
            format_args!("a {noun} cannot be generic: remove the `where` clause"),
        );
    }
    if let syn::Safety::Unsafe(token) = &signature.safety {
        errors.add_on(token, format_args!("a {noun} cannot be `unsafe`, because the client chooses the arguments: wrap the unsafe part in a safe function that checks them"));
    }
    if let Some(abi) = &signature.abi {
        errors.add_on(
            abi,
            format_args!("a {noun} must have Rust's own calling convention: remove the `extern`"),
        );
    }
    if let Some(variadic) = &signature.variadic {
        errors.add_on(
            variadic,
            format_args!("a {noun} cannot be variadic: take a `Vec` instead"),
        );
    }
}

/// Returns the default name: that of the function.
fn default_name(ident: &Ident, kind: ItemKind, errors: &Errors) -> LitStr {
    let name = ident.unraw().to_string();
    if !name.is_ascii() || name.len() > 128 {
        errors.add_at(
            ident.span(),
            format_args!("a {}'s name must have 1 to 128 characters, each a letter A-Z or a-z, a digit, `_`, `-` or `.`: set one with `name = \"…\"`", kind.noun()),
        );
    }
    LitStr::new(&name, ident.span())
}

/// Returns the place of an attribute, for an error about a missing key.
pub(crate) fn attribute_span(attribute: &Attribute) -> Span {
    attribute
        .path()
        .segments
        .last()
        .map_or_else(Span::call_site, |segment| segment.ident.span())
}

#[cfg(test)]
mod tests;
