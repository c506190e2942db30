//! Derives the JSON type of a parameter from the spelling of its Rust type. An alias is
//! unknown here; it is checked when the server starts.

use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// The JSON type that a Rust type is deserialized from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonType {
    Text,
    Boolean,
    /// With the smallest and the largest value of the type.
    Integer(i128, i128),
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
            "i8" => Self::Integer(i8::MIN.into(), i8::MAX.into()),
            "i16" => Self::Integer(i16::MIN.into(), i16::MAX.into()),
            "i32" => Self::Integer(i32::MIN.into(), i32::MAX.into()),
            "i64" | "isize" => Self::Integer(i64::MIN.into(), i64::MAX.into()),
            "u8" => Self::Integer(0, u8::MAX.into()),
            "u16" => Self::Integer(0, u16::MAX.into()),
            "u32" => Self::Integer(0, u32::MAX.into()),
            "u64" | "usize" => Self::Integer(0, u64::MAX.into()),
            "f32" | "f64" => Self::Fraction,
            "Vec" | "HashSet" | "BTreeSet" | "VecDeque" => Self::List,
            _ => return None,
        })
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
