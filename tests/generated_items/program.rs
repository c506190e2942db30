//! The test that starts a server with the items and compares what it lists.

use std::fmt::Write;

use crate::{
    dice::Dice,
    item::{Item, Kind, Listed, SCOPES, Wrapper},
};

pub(crate) fn write(items: &[Item], dice: &mut Dice) -> String {
    let mut out = String::from(HEAD);
    constants(&mut out);
    for item in items.iter().filter(|item| item.wrapper != Wrapper::Method) {
        out.push_str(&free(item, dice));
    }
    out.push_str("\n#[toolgate::mcp_tools(tools = all_tools, resources = all_resources, prompts = all_prompts)]\nimpl Block {\n");
    let (mut methods, mut kinds) = (String::new(), Vec::new());
    for item in items.iter().filter(|item| item.wrapper == Wrapper::Method) {
        let receiver = dice.pick(&["", "&self", "self: std::sync::Arc<Self>"]);
        methods.push_str(&function(
            item,
            &format!("#[{}({})]", path(item, dice), item.keys),
            receiver,
            dice,
        ));
        kinds.push(item.kind);
    }
    let mut texts = String::new();
    for scope in 0..SCOPES {
        let _ = writeln!(
            texts,
            "    pub const ACCESS_{scope}: &'static str = \"s{scope}\";"
        );
    }
    out.push_str(&texts);
    out.push_str(&methods);
    out.push_str("}\n");
    let _ = write!(
        out,
        "pub struct Vocabulary;\nimpl Vocabulary {{\n{texts}}}\n"
    );
    out.push_str(&test(items, &kinds));
    out
}

fn constants(out: &mut String) {
    out.push_str("toolgate::scopes! {\n    /// Every scope.\n    pub mod scope {\n");
    for scope in 0..SCOPES {
        let _ = writeln!(
            out,
            "        /// Scope {scope}.\n        S{scope} = \"s{scope}\","
        );
    }
    out.push_str("    }\n}\n");
    for scope in 0..SCOPES {
        let _ = writeln!(out, "pub const TEXT_{scope}: &str = \"s{scope}\";");
    }
}

/// The path of the attribute.
fn path(item: &Item, dice: &mut Dice) -> String {
    let name = item.kind.attribute();
    match dice.below(3) {
        0 => name.to_owned(),
        1 => format!("toolgate::{name}"),
        // `#[mcp_tools]` reads names: on a method, an alias does not compile.
        _ if item.wrapper == Wrapper::Method => name.to_owned(),
        _ => format!("{name}_by_another_name"),
    }
}

fn function(item: &Item, attribute: &str, receiver: &str, dice: &mut Dice) -> String {
    let (other, wait) = (
        dice.pick(&["", "#[allow(dead_code)]\n"]),
        dice.pick(&["", "async "]),
    );
    let ident = &item.ident;
    // Either order of the attributes.
    match dice.flip() {
        true => format!(
            "/// Item.\n{other}{attribute}\npub {wait}fn {ident}({receiver}) -> String {{ String::new() }}\n"
        ),
        false => format!(
            "{attribute}\n{other}/// Item.\npub {wait}fn {ident}({receiver}) -> String {{ String::new() }}\n"
        ),
    }
}

fn free(item: &Item, dice: &mut Dice) -> String {
    let (keys, number) = (&item.keys, item.number);
    let path = match item.wrapper {
        // The modules import nothing.
        Wrapper::Module | Wrapper::Glob => format!("toolgate::{}", item.kind.attribute()),
        _ => path(item, dice),
    };
    let attribute = match item.wrapper {
        Wrapper::ConditionalAttribute => format!("#[cfg_attr(all(), {path}({keys}))]"),
        _ => format!("#[{path}({keys})]"),
    };
    let function = function(item, &attribute, "", dice);
    match item.wrapper {
        Wrapper::Plain | Wrapper::ConditionalAttribute | Wrapper::Method => function,
        Wrapper::Module => format!("pub mod module_{number} {{\n{function}}}\n"),
        Wrapper::Glob => {
            format!("pub mod module_{number} {{\n{function}}}\npub use module_{number}::*;\n")
        }
        Wrapper::MacroOfTokens => {
            format!(
                "macro_rules! make_{number} {{ ($($item:tt)*) => {{ $($item)* }}; }}\nmake_{number}! {{\n{function}}}\n"
            )
        }
        Wrapper::MacroOfFragments => {
            let (mut takes, mut gives) = (String::new(), String::new());
            for (at, (value, fragment)) in item.fragments.iter().enumerate() {
                let _ = write!(takes, "$f{at}:{fragment}, ");
                let _ = write!(gives, "{value}, ");
            }
            format!(
                "macro_rules! make_{number} {{ ({takes}) => {{\n{function}}}; }}\nmake_{number}!({gives});\n"
            )
        }
    }
}

fn test(items: &[Item], kinds: &[Kind]) -> String {
    let mut server = String::new();
    for kind in Kind::ALL {
        let list = kind.list();
        let free = |item: &&Item| item.kind == kind && item.wrapper != Wrapper::Method;
        let entries = items.iter().filter(free).map(|item| {
            let cfg = match item.listed {
                Listed::Plainly => "",
                Listed::BehindTrueCfg => "#[cfg(all())] ",
                Listed::BehindFalseCfg => "#[cfg(any())] ",
            };
            match item.wrapper {
                Wrapper::Module => format!("{cfg}module_{}::{}", item.number, item.ident),
                _ => format!("{cfg}{}", item.ident),
            }
        });
        let entries: Vec<String> = entries.collect();
        let _ = write!(
            server,
            "\n        .{list}({list}![in scope::ALL; {}])",
            entries.join(", ")
        );
        if kinds.contains(&kind) {
            let _ = write!(server, "\n        .{list}(Block::all_{list})");
        }
    }
    let mut meant = String::new();
    for item in items
        .iter()
        .filter(|item| item.listed != Listed::BehindFalseCfg)
    {
        let schemes: Vec<String> = match &item.access {
            None => vec!["none".to_owned()],
            Some(sets) => sets
                .iter()
                .map(|set| {
                    let scopes: Vec<String> = set.iter().map(|scope| format!("s{scope}")).collect();
                    format!("token {}", scopes.join(" "))
                })
                .collect(),
        };
        let _ = writeln!(
            meant,
            "    ({:?}, {:?}, {:?}),",
            item.kind.list(),
            item.name,
            schemes.join("|")
        );
    }
    FOOT.replace("REGISTRATIONS", &server)
        .replace("EXPECTED", &meant)
}

const HEAD: &str = "use toolgate::{mcp_prompt, mcp_resource, mcp_tool, prompts, resources, tools};
use toolgate::{mcp_prompt as mcp_prompt_by_another_name, mcp_resource as mcp_resource_by_another_name, mcp_tool as mcp_tool_by_another_name};

#[derive(Clone)]
pub struct Block;

";

const FOOT: &str = r#"
const MEANT: &[(&str, &str, &str)] = &[
EXPECTED];

#[tokio::test]
async fn what_is_registered_is_what_the_source_says() {
    use std::collections::BTreeSet;
    use support::{client::{Client, Revision}, running_server::RunningServer};

    let server = toolgate::Server::with_state("generated", std::sync::Arc::new(Block))
        .without_banner()
        .with_open_handshake()REGISTRATIONS;
    let running = RunningServer::start(server, |config| config).await;
    let client = Client::new(running.resource(), Revision::Stateless);
    let mut found = BTreeSet::new();
    for list in ["tools", "resources", "prompts"] {
        let mut cursor = serde_json::json!({});
        loop {
            let page = client.request(&format!("{list}/list"), cursor).await.json();
            for item in page["result"][list].as_array().unwrap() {
                let schemes = item["_meta"]["securitySchemes"].as_array().unwrap();
                let scheme = |one: &serde_json::Value| match one["type"].as_str().unwrap() {
                    "noauth" => "none".to_owned(),
                    _ => {
                        let scopes = one["scopes"].as_array().into_iter().flatten();
                        let mut scopes: Vec<&str> = scopes.map(|scope| scope.as_str().unwrap()).collect();
                        scopes.sort_unstable();
                        format!("token {}", scopes.join(" "))
                    }
                };
                let schemes: Vec<String> = schemes.iter().map(scheme).collect();
                found.insert((list, item["name"].as_str().unwrap().to_owned(), schemes.join("|")));
            }
            match page["result"]["nextCursor"].as_str() {
                Some(next) => cursor = serde_json::json!({ "cursor": next }),
                None => break,
            }
        }
    }
    let meant: BTreeSet<_> = MEANT.iter().map(|&(list, name, schemes)| (list, name.to_owned(), schemes.to_owned())).collect();
    let (missing, unmeant): (Vec<_>, Vec<_>) = (meant.difference(&found).collect(), found.difference(&meant).collect());
    assert!(missing.is_empty() && unmeant.is_empty(), "missing: {missing:?}\nnot meant: {unmeant:?}");
    assert_eq!(found.len(), MEANT.len());
}
"#;
