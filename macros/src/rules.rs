//! Parses `#[arg(…)]` on a parameter: rules for an argument beyond its type.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Expr, ExprLit, ExprPath, Ident, Lit, LitStr, Meta, spanned::Spanned};

use crate::{
    attribute_syntax::{Entry, parse_entries},
    errors::Errors,
    item_kind::ItemKind,
    json_type::JsonType,
    number::Number,
    pattern::is_pattern,
    span::{code, located_at, respan},
};

const KEYS: [&str; 10] = [
    "default",
    "rename",
    "minimum",
    "maximum",
    "min_length",
    "max_length",
    "min_items",
    "max_items",
    "pattern",
    "header",
];

/// The keys for an argument that is a string on the wire: only its type validates it.
const TEXT_KEYS: [&str; 2] = ["rename", "complete"];

/// The parsed content of `#[arg(…)]`.
#[derive(Default)]
pub(crate) struct Rules {
    /// The function that completes a partial value.
    pub(crate) complete: Option<ExprPath>,
    pub(crate) rename: Option<LitStr>,
    pub(crate) header: Option<LitStr>,
    default: Option<DefaultValue>,
    minimum: Option<(Span, Number)>,
    maximum: Option<(Span, Number)>,
    min_length: Option<(Span, u64)>,
    max_length: Option<(Span, u64)>,
    min_items: Option<(Span, u64)>,
    max_items: Option<(Span, u64)>,
    pattern: Option<LitStr>,
}

enum DefaultValue {
    OfType(Span),
    // Boxed: an expression is large.
    Value(Box<Expr>),
}

impl Rules {
    /// Parses the attribute. `json_type` is that of the parameter, if it is known.
    pub(crate) fn parse(
        attribute: &Attribute,
        json_type: Option<JsonType>,
        kind: ItemKind,
        errors: &Errors,
    ) -> Self {
        let known: &[&str] = match kind {
            ItemKind::Tool => &KEYS,
            ItemKind::Resource | ItemKind::Prompt => &TEXT_KEYS,
        };
        let tokens = match &attribute.meta {
            Meta::Path(_) => TokenStream::new(),
            Meta::List(list) => list.tokens.clone(),
            Meta::NameValue(_) => {
                errors.add_on(attribute, "`#[arg]` takes its rules in parentheses: write `#[arg(minimum = 1, maximum = 100)]`");
                TokenStream::new()
            }
        };
        let mut rules = Self::default();
        for entry in parse_entries(tokens, known, errors) {
            let span = entry.span();
            match entry.key.to_string().as_str() {
                "default" => {
                    rules.default = Some(match &entry.value {
                        Some(value) => DefaultValue::Value(Box::new(value.clone())),
                        None => DefaultValue::OfType(span),
                    });
                }
                "complete" => match &entry.value {
                    Some(Expr::Path(path)) => rules.complete = Some(path.clone()),
                    _ => errors.add_at(
                        span,
                        "`complete` must be the path of a function: write `complete = names`, with `fn names(begun: &str) -> Vec<String>`",
                    ),
                },
                "rename" => rules.rename = entry.text(errors),
                "minimum" => rules.minimum = entry.number(errors).map(|number| (span, number)),
                "maximum" => rules.maximum = entry.number(errors).map(|number| (span, number)),
                "min_length" => rules.min_length = entry.count(errors).map(|count| (span, count)),
                "max_length" => rules.max_length = entry.count(errors).map(|count| (span, count)),
                "min_items" => rules.min_items = entry.count(errors).map(|count| (span, count)),
                "max_items" => rules.max_items = entry.count(errors).map(|count| (span, count)),
                "pattern" => {
                    rules.pattern = entry.text(errors).filter(|text| is_pattern(text, errors))
                }
                "header" => {
                    rules.header = entry.text(errors).filter(|text| is_header(text, errors))
                }
                _ => {}
            }
            if let Some(json_type) = json_type {
                check_json_type(&entry, json_type, errors);
            }
        }
        rules.check_limits(errors);
        if let Some(JsonType::Integer(low, high)) = json_type {
            rules.check_range(Number::Integer(low), Number::Integer(high), errors);
        }
        if let Some(DefaultValue::Value(value)) = &rules.default {
            rules.check_default(value, json_type, errors);
        }
        rules
    }

    /// Checks that the rules allow at least one value.
    fn check_limits(&self, errors: &Errors) {
        if let (Some((_, low)), Some((span, high))) = (&self.minimum, &self.maximum)
            && low > high
        {
            errors.add_at(
                *span,
                "`maximum` is less than `minimum`, so no number is allowed: change one of them",
            );
        }
        if let (Some((_, low)), Some((span, high))) = (&self.min_length, &self.max_length)
            && low > high
        {
            errors.add_at(
                *span,
                "`max_length` is less than `min_length`, so no string is allowed: change one of them",
            );
        }
        if let (Some((_, low)), Some((span, high))) = (&self.min_items, &self.max_items)
            && low > high
        {
            errors.add_at(
                *span,
                "`max_items` is less than `min_items`, so no list is allowed: change one of them",
            );
        }
    }

    /// Checks that the limits are in the range of the parameter's type: a limit beyond it forbids
    /// every value, or changes nothing.
    fn check_range(&self, low: Number, high: Number, errors: &Errors) {
        for (key, limit) in [("minimum", &self.minimum), ("maximum", &self.maximum)] {
            if let Some((span, number)) = limit
                && (*number < low || *number > high)
            {
                errors.add_at(
                    *span,
                    format_args!("this `{key}` is beyond the range of the parameter's type, which is {low} to {high}: choose a limit in this range, or another type"),
                );
            }
        }
    }

    /// Checks a literal default against the rules. Other defaults, and patterns, are checked
    /// when the server starts.
    fn check_default(&self, value: &Expr, json_type: Option<JsonType>, errors: &Errors) {
        let Some(found) = Literal::from_expr(value) else {
            return;
        };
        let is_valid = match (&found, json_type) {
            (_, None) => true,
            (Literal::Text(_), Some(json_type)) => json_type == JsonType::Text,
            (Literal::Boolean, Some(json_type)) => json_type == JsonType::Boolean,
            (&Literal::Number(Number::Integer(number)), Some(JsonType::Integer(low, high))) => {
                (low..=high).contains(&number)
            }
            (Literal::Number(_), Some(json_type)) => json_type == JsonType::Fraction,
        };
        if !is_valid {
            let noun = json_type.map_or("another value", JsonType::noun);
            errors.add_on(
                value,
                format_args!("this default does not fit the parameter's type: write {noun} that the type can hold"),
            );
            return;
        }
        match found {
            Literal::Number(number) => {
                let low = self.minimum.is_some_and(|(_, low)| number < low);
                let high = self.maximum.is_some_and(|(_, high)| number > high);
                if low || high {
                    errors.add_on(
                        value,
                        "this default is outside the limits that `minimum` and `maximum` set: change the default or the limits",
                    );
                }
            }
            Literal::Text(text) => {
                let length = text.chars().count() as u64;
                let short = self.min_length.is_some_and(|(_, low)| length < low);
                let long = self.max_length.is_some_and(|(_, high)| length > high);
                if short || long {
                    errors.add_on(
                        value,
                        "this default is outside the limits that `min_length` and `max_length` set: change the default or the limits",
                    );
                }
            }
            Literal::Boolean => {}
        }
    }

    /// Builds the calls that add these rules to the argument declared before them.
    pub(crate) fn tokens(&self, ty: &syn::Type, krate: &TokenStream) -> TokenStream {
        let rule = |name: &str, value: TokenStream| {
            let name = Ident::new(name, Span::mixed_site());
            code!(#krate::__private::SchemaBuilder::#name(__schema, #value);)
        };
        let limit = |name, limit: &Option<(Span, Number)>| {
            limit.map(|(_, number)| rule(name, number.limit(krate)))
        };
        let length = |name, limit: Option<(Span, u64)>| {
            limit.map(|(_, characters)| rule(name, quote!(#characters)))
        };
        let text =
            |name, text: &Option<LitStr>| text.as_ref().map(|text| rule(name, quote!(#text)));
        let rules = [
            limit("minimum", &self.minimum),
            limit("maximum", &self.maximum),
            length("min_length", self.min_length),
            length("max_length", self.max_length),
            length("min_items", self.min_items),
            length("max_items", self.max_items),
            text("pattern", &self.pattern),
            text("header", &self.header),
            self.default.as_ref().map(|default| match default {
                DefaultValue::OfType(span) => {
                    let place = located_at(*span);
                    let krate = respan(krate, place);
                    quote_spanned!(place=> #krate::__private::SchemaBuilder::default_of::<#ty>(__schema);)
                }
                DefaultValue::Value(value) => {
                    let place = located_at(value.span());
                    let krate = respan(krate, place);
                    let value = typed(value);
                    quote_spanned!(place=> #krate::__private::SchemaBuilder::default(__schema, #value);)
                }
            }),
        ];
        rules.into_iter().flatten().collect()
    }
}

/// Gives each number of a default a type: nothing around it does, so that a number beyond `i32`
/// would not compile. The JSON of a number is the same for each type.
fn typed(value: &Expr) -> TokenStream {
    if let Some(number) = Number::from_expr(value).filter(|_| !has_suffix(value)) {
        let place = located_at(value.span());
        return respan(&number.literal(), place);
    }
    match value {
        Expr::Array(list) => {
            let elems = list.elems.iter().map(typed);
            quote!([#(#elems),*])
        }
        Expr::Paren(inner) => typed(&inner.expr),
        Expr::Call(call) if call.func.to_token_stream().to_string() == "Some" => {
            let (some, arguments) = (&call.func, call.args.iter().map(typed));
            quote!(#some(#(#arguments),*))
        }
        other => other.to_token_stream(),
    }
}

fn has_suffix(value: &Expr) -> bool {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => !number.suffix().is_empty(),
        Expr::Lit(ExprLit {
            lit: Lit::Float(number),
            ..
        }) => !number.suffix().is_empty(),
        Expr::Unary(unary) => has_suffix(&unary.expr),
        _ => false,
    }
}

/// A literal default.
enum Literal {
    Text(String),
    Boolean,
    Number(Number),
}

impl Literal {
    fn from_expr(value: &Expr) -> Option<Self> {
        match value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(Self::Text(text.value())),
            Expr::Lit(ExprLit {
                lit: Lit::Bool(_), ..
            }) => Some(Self::Boolean),
            other => Number::from_expr(other).map(Self::Number),
        }
    }
}

/// Reports a rule that does not apply to this JSON type.
fn check_json_type(entry: &Entry, json_type: JsonType, errors: &Errors) {
    let key = entry.key.to_string();
    let (is_valid, remedy) = match key.as_str() {
        "minimum" | "maximum" => (
            matches!(json_type, JsonType::Integer(..) | JsonType::Fraction),
            match json_type {
                JsonType::List => {
                    "it limits a number; to limit a list, use `min_items` and `max_items`"
                }
                _ => {
                    "it limits a number; to limit the length of a string, use `min_length` and `max_length`"
                }
            },
        ),
        "min_length" | "max_length" | "pattern" => (
            json_type == JsonType::Text,
            match json_type {
                JsonType::List => {
                    "it is a rule for strings; to limit a list, use `min_items` and `max_items`"
                }
                _ => "it is a rule for strings; to limit a number, use `minimum` and `maximum`",
            },
        ),
        "min_items" | "max_items" => (
            json_type == JsonType::List,
            "it limits the items of a list; to limit the length of a string, use `min_length` and `max_length`",
        ),
        "header" => (
            matches!(
                json_type,
                JsonType::Text | JsonType::Integer(..) | JsonType::Boolean
            ),
            "a header can carry a string, an integer or a boolean; remove `header`",
        ),
        _ => return,
    };
    if !is_valid {
        errors.add_at(
            entry.span(),
            format_args!(
                "`{key}` does not apply to this parameter, which is {}: {remedy}",
                json_type.noun()
            ),
        );
    }
}

/// Checks a header name: an RFC 9110 §5.6.2 `token`.
fn is_header(name: &LitStr, errors: &Errors) -> bool {
    let is_valid = name
        .value()
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    if !is_valid {
        errors.add_on(name, "this is not a valid header name: use letters, digits and `-` (RFC 9110 section 5.6.2), as in \"Region\"");
    }
    is_valid
}
