//! The same functions twice: for anybody, and for whoever has the scope.
//!
//! Who may use what is stated where it is written, and nothing at run time can open it. So
//! what is to be served both ways is written down both ways, by this macro.

/// Makes two modules, `open` and `protected`, out of functions: `mcp_tool, tools: ToolSet;`
/// says what they become. What stands in `#[and(…)]` is passed on to the attribute.
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
