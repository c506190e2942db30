//! Declares the same functions twice: as public items, and with a scope.
//!
//! Access is declared at compile time, and nothing at run time can open it. So this macro
//! declares each function once for each kind of access.

/// Builds two modules, `open` and `protected`, from functions. `mcp_tool, tools: ToolSet;`
/// selects the kind of item. The keys in `#[and(…)]` are forwarded to the attribute.
macro_rules! offer {
    ($attribute:ident, $list:ident: $Set:ident; $(
        $(#[doc = $doc:literal])+
        $(#[and($($key:tt)+)])?
        async fn $name:ident($($parameter:tt)*) -> $result:ty $body:block
    )+) => {
        pub(crate) mod open {
            use super::*;

            $(
                $(#[doc = $doc])+
                #[toolgate::$attribute(public $(, $($key)+)?)]
                async fn $name($($parameter)*) -> $result $body
            )+

            pub(crate) fn $list(set: &mut toolgate::$Set<toolgate::Changes>) {
                toolgate::$list![$($name),+](set);
            }
        }

        pub(crate) mod protected {
            use super::*;

            $(
                $(#[doc = $doc])+
                #[toolgate::$attribute(scope = crate::steps::scope::USE $(, $($key)+)?)]
                async fn $name($($parameter)*) -> $result $body
            )+

            pub(crate) fn $list(set: &mut toolgate::$Set<toolgate::Changes>) {
                toolgate::$list![in crate::steps::scope::ALL; $($name),+](set);
            }
        }
    };
}
