//! Derives the JSON type of a parameter from the spelling of its Rust type. An alias is
//! unknown here; it is checked when the server starts.

use syn::{GenericArgument, PathArguments, PathSegment, Type};

use crate::number::Integer;

/// The JSON type that a Rust type is deserialized from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonType {
    Text,
    Boolean,
    /// With the smallest and the largest value of the type.
    Integer(Integer, Integer),
    Fraction,
    List,
}

impl JsonType {
    /// Returns the JSON type of a Rust type, or that of `T` for an `Option<T>`.
    pub(crate) fn from_type(ty: &Type) -> Option<Self> {
        let segment = last_segment(ty)?;
        let name = segment.ident.to_string();
        Some(match name.as_str() {
            "Option" => return Self::from_type(sole_argument(segment)?),
            "String" | "char" | "str" | "PathBuf" => Self::Text,
            "bool" => Self::Boolean,
            "i8" => Self::signed(i8::MIN, i8::MAX),
            "i16" => Self::signed(i16::MIN, i16::MAX),
            "i32" => Self::signed(i32::MIN, i32::MAX),
            "i64" | "isize" => Self::signed(i64::MIN, i64::MAX),
            "i128" => Self::signed(i128::MIN, i128::MAX),
            "u8" => Self::unsigned(u8::MAX),
            "u16" => Self::unsigned(u16::MAX),
            "u32" => Self::unsigned(u32::MAX),
            "u64" | "usize" => Self::unsigned(u64::MAX),
            "u128" => Self::unsigned(u128::MAX),
            "f32" | "f64" => Self::Fraction,
            "Vec" | "HashSet" | "BTreeSet" | "VecDeque" => Self::List,
            _ => return None,
        })
    }

    fn signed(low: impl Into<i128>, high: impl Into<i128>) -> Self {
        Self::Integer(low.into().into(), high.into().into())
    }

    fn unsigned(high: impl Into<u128>) -> Self {
        Self::Integer(0_u128.into(), high.into().into())
    }

    /// The noun for the type in error messages.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Boolean => "a boolean",
            Self::Integer(..) => "an integer",
            Self::Fraction => "a number",
            Self::List => "a list",
        }
    }
}

/// Returns the last segment of a type's path: `Caller` for `toolgate::Caller`.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

/// Returns `T` of `Name<T>`.
pub(crate) fn sole_argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    let mut types = arguments.args.iter();
    match (types.next(), types.next()) {
        (Some(GenericArgument::Type(only)), None) => Some(only),
        _ => None,
    }
}
