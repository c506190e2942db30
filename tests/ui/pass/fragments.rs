//! Values that `macro_rules!` passes, in every place that takes one.
#![deny(warnings)]

use toolgate::{
    Caller, PromptSet, ResourceSet, State, ToolSet, access, auth::AuthorizeError, mcp_prompt,
    mcp_resource, mcp_tool, mcp_tools, prompts, resources, scopes, tools,
};

macro_rules! vocabulary {
    ($module:ident, $read:ident, $text:literal, $other:expr, $doc:literal) => {
        scopes! {
            #[doc = $doc]
            mod $module {
                #[doc = $doc]
                $read = $text,
                #[doc = $doc]
                WRITE = $other,
            }
        }
    };
}

vocabulary!(scope, READ, "read", "write", "What a token can allow.");

fn check(_: &Caller) -> Result<(), AuthorizeError> {
    Ok(())
}

fn names(begun: &str) -> Vec<String> {
    vec![begun.to_owned()]
}

macro_rules! block {
    (
        $desk:ident $scope:path, $other:expr, $check:path, $names:path, $declared:path,
        $krate:path, $state:ty, $register:ident $uri:expr, $name:expr, $title:expr,
        $description:expr, $mime:expr, $pattern:expr, $low:expr, $high:expr, $yes:expr,
        $capability:expr, $header:expr, $icon:expr, $size:expr
    ) => {
        struct $desk;

        #[mcp_tools(declared_scopes = $declared, crate = $krate, tools = $register)]
        impl $desk {
            #[mcp_tool(
                any_scope = [$scope, [$other]], authorize = $check, authorize_scopes = [$other],
                name = $name, title = $title, description = $description, read_only = $yes,
                client_capabilities = [$capability], icons = [$icon]
            )]
            fn show(
                &self,
                State(state): State<$state>,
                #[arg(
                    pattern = $pattern, rename = $name, min_length = $low, max_length = $high,
                    header = $header, default = $name
                )]
                text: String,
                #[arg(min_items = $low, max_items = $high)] list: Vec<u8>,
                #[arg(minimum = $low, maximum = $high)] number: u8,
            ) {
                let _ = (state, text, list, number);
            }

            #[mcp_resource(
                uri = $uri, scopes = [$scope, $other], mime_type = $mime,
                description = $description, size = $size
            )]
            fn read(&self) -> String {
                String::new()
            }

            #[mcp_prompt(scope = $scope, description = $description)]
            fn ask(&self, #[arg(complete = $names, rename = $name)] what: String) -> String {
                what
            }
        }

        fn handler() {
            let _ = access!(any_scope = [$scope, [$other, "z"]], step_up);
            let _ = access!(scopes = [$scope, $other]);
            let _ = access!(scope = $other);
        }
    };
}

fn checked(_: &Caller, _: &State<std::sync::Arc<Desk>>, _: &str, _: &[u8], _: &u8) -> Result<(), AuthorizeError> {
    Ok(())
}

block!(
    Desk scope::READ, "write", checked, names, scope::ALL,
    ::toolgate, std::sync::Arc<Desk>, desk_tools "desk://all", "words", "Words",
    "Shows.", "text/plain", "^[a-z]+$", 1, 9, true,
    "sampling", "Words", "https://example.com/icon.png", 7
);

macro_rules! of_attributes {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident) => {
        $(#[$attribute])*
        $visibility fn $name() {}
    };
}

of_attributes!(
    /// The attribute is passed.
    #[mcp_tool(scope = "read", authorize = check)]
    fn passed
);

macro_rules! of_a_path {
    ($attribute:path, $name:ident, $($keys:tt)*) => {
        /// The path of the attribute is passed.
        #[$attribute($($keys)*)]
        fn $name() -> String {
            String::new()
        }
    };
}

of_a_path!(toolgate::mcp_tool, named, scope = "read");
of_a_path!(mcp_resource, read, uri = "notes://all", public);
of_a_path!(mcp_prompt, ask, authenticated);

macro_rules! listed {
    ($scopes:path; $($path:path),*; $expr:expr; $($name:ident)*) => {{
        takes_tools::<()>(tools![in $scopes; $($path),*]);
        takes_resources::<()>(resources![$expr]);
        takes_prompts::<()>(prompts![$($name),*]);
    }};
}

fn takes_tools<S>(_: impl FnOnce(&mut ToolSet<S>)) {}
fn takes_resources<S>(_: impl FnOnce(&mut ResourceSet<S>)) {}
fn takes_prompts<S>(_: impl FnOnce(&mut PromptSet<S>)) {}

fn main() {
    handler();
    takes_tools::<std::sync::Arc<Desk>>(Desk::desk_tools);
    takes_resources::<std::sync::Arc<Desk>>(Desk::resources);
    takes_prompts::<std::sync::Arc<Desk>>(Desk::prompts);
    takes_tools::<()>(tools![passed]);
    takes_resources::<()>(resources![read]);
    takes_prompts::<()>(prompts![ask]);
    listed!(scope::ALL; self::passed, named; read; ask);
    let _ = Desk;
}
