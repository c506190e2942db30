//! Numbers in attributes, exact over the ranges of all integer types of Rust.

use std::{cmp::Ordering, fmt};

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, ExprLit, Lit, UnOp};

/// The number of a literal.
#[derive(Clone, Copy)]
pub(crate) enum Number {
    Integer(Integer),
    Float(f64),
}

/// An integer from `-u128::MAX` to `u128::MAX`. Zero is not negative.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Integer {
    is_negative: bool,
    magnitude: u128,
}

impl Number {
    /// Returns the number of a literal, or of a literal after `-`.
    pub(crate) fn from_expr(expr: &Expr) -> Option<Self> {
        match expr {
            Expr::Lit(ExprLit {
                lit: Lit::Int(number),
                ..
            }) => number
                .base10_parse()
                .ok()
                .map(|magnitude| Self::Integer(Integer::new(false, magnitude))),
            Expr::Lit(ExprLit {
                lit: Lit::Float(number),
                ..
            }) => number
                .base10_parse()
                .ok()
                .filter(|number: &f64| number.is_finite())
                .map(Self::Float),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => Self::from_expr(&unary.expr)
                .map(|number| match number {
                    Self::Integer(Integer {
                        is_negative,
                        magnitude,
                    }) => Self::Integer(Integer::new(!is_negative, magnitude)),
                    Self::Float(number) => Self::Float(-number),
                }),
            _ => None,
        }
    }

    fn as_f64(self) -> f64 {
        match self {
            Self::Integer(number) => number.as_f64(),
            Self::Float(number) => number,
        }
    }

    /// Builds the runtime's `Limit`.
    pub(crate) fn limit(self, krate: &TokenStream) -> TokenStream {
        match self {
            Self::Integer(number) => match number.as_i128() {
                Some(number) => quote!(#krate::__private::Limit::Integer(#number)),
                // JSON numbers beyond 64 bits are read as floats.
                None => {
                    let number = number.as_f64();
                    quote!(#krate::__private::Limit::Float(#number))
                }
            },
            Self::Float(number) => quote!(#krate::__private::Limit::Float(#number)),
        }
    }

    /// Builds a literal that has the same number in JSON and compiles in every position. It has a
    /// suffix, because the compiler takes a literal without a type for an `i32`.
    pub(crate) fn literal(self) -> TokenStream {
        match self {
            Self::Integer(number) => match number.as_i128() {
                Some(number) => number.to_token_stream(),
                None => Literal::u128_suffixed(number.magnitude).to_token_stream(),
            },
            Self::Float(number) => number.to_token_stream(),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(one), Self::Integer(other)) => Some(one.cmp(other)),
            _ => self.as_f64().partial_cmp(&other.as_f64()),
        }
    }
}

impl Integer {
    const fn new(is_negative: bool, magnitude: u128) -> Self {
        Self {
            is_negative: is_negative && magnitude != 0,
            magnitude,
        }
    }

    fn as_i128(self) -> Option<i128> {
        match self.is_negative {
            true => 0_i128.checked_sub_unsigned(self.magnitude),
            false => self.magnitude.try_into().ok(),
        }
    }

    fn as_f64(self) -> f64 {
        match self.is_negative {
            true => -(self.magnitude as f64),
            false => self.magnitude as f64,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) if number.is_negative => write!(f, "-{}", number.magnitude),
            Self::Integer(number) => write!(f, "{}", number.magnitude),
            Self::Float(number) => write!(f, "{number}"),
        }
    }
}

impl From<u128> for Integer {
    fn from(number: u128) -> Self {
        Self::new(false, number)
    }
}

impl From<i128> for Integer {
    fn from(number: i128) -> Self {
        Self::new(number < 0, number.unsigned_abs())
    }
}

impl Ord for Integer {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (true, true) => other.magnitude.cmp(&self.magnitude),
            (false, false) => self.magnitude.cmp(&other.magnitude),
            (one, other) => other.cmp(&one),
        }
    }
}

impl PartialOrd for Integer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_str;

    fn number(text: &str) -> Number {
        Number::from_expr(&parse_str(text).unwrap()).unwrap()
    }

    #[test]
    fn numbers_are_compared_exactly_up_to_128_bits() {
        let ascending = [
            "-170141183460469231731687303715884105729",
            "-170141183460469231731687303715884105728",
            "-1.5",
            "-1",
            "0",
            "0.5",
            "18446744073709551615",
            "18446744073709551616",
            "340282366920938463463374607431768211454",
            "340282366920938463463374607431768211455",
        ];
        for pair in ascending.windows(2) {
            let [low, high] = pair else { unreachable!() };
            assert!(number(low) < number(high), "{low} {high}");
        }
        assert!(number("-0") == number("0") && number("2.0") == number("2"));
    }

    #[test]
    fn a_literal_names_its_type() {
        for (text, literal) in [
            ("5_000_000_000", "5000000000i128"),
            ("-7", "-7i128"),
            ("1.5", "1.5f64"),
            (
                "340282366920938463463374607431768211455",
                "340282366920938463463374607431768211455u128",
            ),
        ] {
            assert_eq!(number(text).literal().to_string().replace(' ', ""), literal);
        }
    }
}
