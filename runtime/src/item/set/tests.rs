//! What a list registers.

use std::fmt::Debug;

use super::*;
use crate::{
    Caller, Scope, auth::AuthorizeError, mcp_prompt, mcp_resource, mcp_tool, mcp_tools,
    prompt::PromptKind, prompts, resource::ResourceKind, resources, tool::ToolKind, tools,
};

/// Returns what a server would publish and require of each item, or its errors.
fn registered<K: KindParts>(add: impl FnOnce(&mut ItemSet<(), K>)) -> Result<Vec<String>, String>
where
    K::Listing: Debug,
{
    let mut set = ItemSet::new();
    add(&mut set);
    let mut errors = SetupErrors::default();
    let items = set.finish(&mut errors);
    let items = errors.finish(items).map_err(|error| error.to_string())?;
    let text = |item: &Item<(), K>| {
        format!(
            "{:#?} {:?} {} {:?}",
            item.listing(),
            item.requirement(),
            item.is_step_up(),
            item.authorize_scopes().to_vec()
        )
    };
    Ok(items.iter().map(text).collect())
}

/// Every function is here with its attribute.
mod lax {
    use super::*;

    /// Wipes.
    #[mcp_tool(public)]
    pub(super) fn wipe() {}

    /// Reads.
    #[mcp_resource(uri = "wipe://all", public)]
    pub(super) fn read() -> String {
        String::new()
    }

    /// Begins.
    #[mcp_prompt(public)]
    pub(super) fn begin() -> String {
        String::new()
    }
}

/// The attribute is forgotten on each function.
mod strict {
    pub(super) use super::lax::*;

    pub(super) fn wipe() {}

    pub(super) fn read() {}

    pub(super) fn begin() {}
}

#[test]
fn a_list_never_registers_another_function_than_the_one_at_the_path() {
    strict::wipe();
    strict::read();
    strict::begin();
    for (error, path) in [
        (registered(tools![strict::wipe]), "strict::wipe"),
        (registered(resources![strict::read]), "strict::read"),
        (registered(prompts![strict::begin]), "strict::begin"),
    ] {
        let error = error.unwrap_err();
        assert!(
            error.contains(&format!("`{path}` in a list names two items")),
            "{error}"
        );
    }
    assert!(registered(tools![lax::wipe]).is_ok());
    assert!(registered(resources![lax::read]).is_ok());
    assert!(registered(prompts![lax::begin]).is_ok());
}

#[test]
fn an_entry_behind_a_cfg_is_in_the_list_if_the_cfg_is_set() {
    let none = registered(tools![
        #[cfg(not(test))]
        missing,
    ]);
    assert_eq!(none.unwrap(), [""; 0]);
    let listed = registered(tools![
        #[cfg(not(test))]
        missing,
        #[cfg(test)]
        lax::wipe
    ]);
    assert_eq!(listed.unwrap().len(), 1);
    assert_eq!(
        registered(resources![
            #[cfg(test)]
            lax::read
        ])
        .unwrap()
        .len(),
        1
    );
    assert_eq!(
        registered(prompts![
            #[cfg(not(test))]
            missing
        ])
        .unwrap()
        .len(),
        0
    );
}

/// Names that an expansion could use.
const ACCESS: Scope = Scope::new("access");
const DEMANDS: &str = "demands";
const SCOPES: &str = "scopes";

fn check(_: &Caller, _: &u64) -> Result<(), AuthorizeError> {
    Ok(())
}

fn names(_: &str) -> Vec<String> {
    Vec::new()
}

fn cost() -> serde_json::Value {
    serde_json::json!({ "cost": 1 })
}

mod written {
    use super::*;

    /// Sums.
    #[mcp_tool(
        any_scope = ["a", [ACCESS, DEMANDS]], authorize = check, authorize_scopes = [SCOPES, "b"],
        name = "sum.all", title = "Sum", read_only = true, destructive = false,
        icons = ["https://a/b"], meta = cost(), client_capabilities = ["sampling"], step_up
    )]
    pub(super) fn sum(
        #[arg(
            default = 5_000_000_000,
            minimum = 1,
            maximum = 18_446_744_073_709_551_615,
            rename = "n"
        )]
        number: u64,
    ) {
        let _ = number;
    }

    /// Texts.
    #[mcp_tool(scope = ACCESS)]
    pub(super) fn texts(
        /// A text.
        #[arg(
            default = "ab",
            min_length = 1,
            max_length = 9,
            pattern = "^a",
            header = "Text"
        )]
        text: String,
        #[arg(default = -1.5, minimum = -2)] number: f64,
        #[arg(default = [-5_000_000_000, 1])] list: Vec<i64>,
        #[arg(default = Some(5_000_000_000))] optional: Option<u64>,
    ) {
        let _ = (text, number, list, optional);
    }

    /// Reads.
    #[mcp_resource(uri = "sum://{n}", scopes = ["a", ACCESS], mime_type = "text/plain")]
    pub(super) fn read(#[arg(complete = names, rename = "n")] number: u64) -> String {
        number.to_string()
    }

    /// Begins.
    #[mcp_prompt(scope = "a", title = "Begin")]
    pub(super) fn begin(
        /// With what.
        #[arg(complete = names)]
        with: String,
    ) -> String {
        with
    }

    pub(super) struct Desk;

    #[mcp_tools(tools = all)]
    impl Desk {
        const SCOPE: &'static str = "desk";

        /// Shows.
        #[mcp_tool(scope = Self::SCOPE, description = "Shows all.")]
        fn show() {}
    }
}

/// The same server, where each value comes from a fragment.
mod made {
    use super::*;

    macro_rules! family {
        (
            $a:literal $b:literal $access:path, $demands:path, $scopes:expr, $check:path, $name:literal
            $title:literal $yes:literal $icon:literal $meta:expr, $capability:literal
            $number:literal $low:literal $high:expr, $n:literal, $text:literal $pattern:literal
            $header:literal $negative:literal $least:literal $list:expr, $optional:expr, $uri:literal
            $mime:literal $names:path, $type:ty, $visibility:vis, $doc:literal $list_name:ident
        ) => {
            /// Sums.
            #[mcp_tool(
                any_scope = [$a, [$access, $demands]], authorize = $check,
                authorize_scopes = [$scopes, $b], name = $name, title = $title, read_only = $yes,
                destructive = false, icons = [$icon], meta = $meta,
                client_capabilities = [$capability], step_up, crate = $crate
            )]
            $visibility fn sum(
                #[arg(default = $number, minimum = $low, maximum = $high, rename = $n)] number: $type,
            ) {
                let _ = number;
            }

            /// Texts.
            #[mcp_tool(scope = $access, crate = $crate)]
            $visibility fn texts(
                #[doc = $doc]
                #[arg(default = $text, min_length = $low, max_length = 9, pattern = $pattern, header = $header)]
                text: String,
                #[arg(default = $negative, minimum = $least)] number: f64,
                #[arg(default = $list)] list: Vec<i64>,
                #[arg(default = $optional)] optional: Option<$type>,
            ) {
                let _ = (text, number, list, optional);
            }

            /// Reads.
            #[mcp_resource(uri = $uri, scopes = [$a, $access], mime_type = $mime, crate = $crate)]
            $visibility fn read(#[arg(complete = $names, rename = $n)] number: $type) -> String {
                number.to_string()
            }

            /// Begins.
            #[mcp_prompt(scope = $a, title = "Begin", crate = $crate)]
            $visibility fn begin(
                /// With what.
                #[arg(complete = $names)]
                with: String,
            ) -> String {
                with
            }

            $visibility struct Desk;

            #[mcp_tools(tools = $list_name, crate = $crate)]
            impl Desk {
                const SCOPE: &'static str = "desk";

                /// Shows.
                #[mcp_tool(scope = Self::SCOPE, description = "Shows all.")]
                fn show() {}
            }
        };
    }

    family! {
        "a" "b" ACCESS, DEMANDS, SCOPES, check, "sum.all" "Sum" true "https://a/b" cost(), "sampling"
        5_000_000_000 1 18_446_744_073_709_551_615, "n", "ab" "^a" "Text" -1.5 -2
        [-5_000_000_000, 1], Some(5_000_000_000), "sum://{n}" "text/plain" names, u64, pub(super), " A text." all
    }
}

#[test]
fn a_family_of_a_macro_registers_what_is_written_by_hand() {
    let tools = registered(|set: &mut ItemSet<(), ToolKind>| {
        (tools![written::sum, written::texts])(set);
        written::Desk::all(set);
    });
    let same = registered(|set: &mut ItemSet<(), ToolKind>| {
        (tools![made::sum, made::texts])(set);
        made::Desk::all(set);
    });
    assert_eq!(tools.as_ref().unwrap().len(), 3);
    assert_eq!(tools, same);
    let resources = registered::<ResourceKind>(resources![written::read]);
    assert_eq!(resources, registered(resources![made::read]));
    let prompts = registered::<PromptKind>(prompts![written::begin]);
    assert_eq!(prompts, registered(prompts![made::begin]));
    assert!(
        resources.is_ok() && prompts.is_ok(),
        "{resources:?} {prompts:?}"
    );
}
