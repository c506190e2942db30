//! The same functions twice: for anybody, and for whoever has the scope.
//!
//! Who may call a tool is stated where it is written, and nothing at run time can open it.
//! So what is to be served both ways is written down both ways, by this macro.

/// Makes two modules of tools, `open` and `protected`, out of functions that are marked
/// with `#[tool]`; what stands in its parentheses is passed on to the attribute.
macro_rules! offer {
    ($(
        $(#[doc = $doc:literal])+
        #[tool $(($($fact:tt)+))?]
        async fn $name:ident($($parameter:tt)*) -> $result:ty $body:block
    )+) => {
        pub(crate) mod open {
            use super::*;

            $(
                $(#[doc = $doc])+
                #[toolgate::mcp_tool(public $(, $($fact)+)?)]
                async fn $name($($parameter)*) -> $result $body
            )+

            pub(crate) fn tools(set: &mut toolgate::ToolSet<()>) {
                toolgate::tools![$($name),+](set);
            }
        }

        pub(crate) mod protected {
            use super::*;

            $(
                $(#[doc = $doc])+
                #[toolgate::mcp_tool(scope = crate::steps::scope::USE $(, $($fact)+)?)]
                async fn $name($($parameter)*) -> $result $body
            )+

            pub(crate) fn tools(set: &mut toolgate::ToolSet<()>) {
                toolgate::tools![in crate::steps::scope::ALL; $($name),+](set);
            }
        }
    };
}
