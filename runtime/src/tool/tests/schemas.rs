//! Schemas that models and clients can use, and answers from which a model can correct itself.

use super::*;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(dead_code, reason = "printed")]
enum Order {
    Buy { symbol: String },
    Sell { symbol: String, all: bool },
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Sort {
    /// Newest first.
    Newest,
    /// Oldest first.
    Oldest,
}

/// A page.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "printed")]
struct Paged {
    query: String,
    #[serde(default)]
    limit: u32,
    #[serde(default)]
    inner: Inner,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "printed")]
struct Inner {
    #[serde(default)]
    depth: u32,
}

#[derive(Serialize, JsonSchema)]
struct Tree {
    by: Option<Sort>,
    children: Vec<Tree>,
}

/// Places an order.
#[mcp_tool(public)]
fn place(order: Order) -> String {
    format!("{order:?}")
}

/// Lists.
#[mcp_tool(public)]
fn list(
    /// The order.
    by: Sort,
    then: Option<Sort>,
) -> String {
    format!("{by:?} {then:?}")
}

/// Lists.
#[mcp_tool(public)]
fn defaults(
    #[arg(default = 10, minimum = 1)] limit: u32,
    #[arg(default)] tags: Vec<String>,
    #[arg(default = Some(3))] depth: Option<u8>,
) -> String {
    format!("{limit} {tags:?} {depth:?}")
}

/// Lists.
#[mcp_tool(public)]
fn paged(Args(paged): Args<Paged>) -> String {
    format!("{paged:?}")
}

/// Grows.
#[mcp_tool(public)]
fn tree() -> Json<Tree> {
    Json(Tree {
        by: None,
        children: Vec::new(),
    })
}

/// Finds.
#[mcp_tool(public, name = "order.find")]
fn find(Args(order): Args<Order>) -> String {
    format!("{order:?}")
}

/// Keeps.
#[mcp_tool(public)]
fn keep(
    /// What to keep.
    payload: Value,
    /// An object.
    object: Map<String, Value>,
) -> String {
    format!("{payload} {object:?}")
}

/// Tags.
#[mcp_tool(public)]
fn tag(#[arg(min_items = 1, max_items = 2)] tags: Vec<String>) -> String {
    tags.join(" ")
}

fn all() -> Desk<()> {
    desk(
        (),
        tools![place, list, defaults, paged, tree, find, keep, tag],
    )
}

#[tokio::test]
async fn a_union_is_explained_by_the_branch_that_the_caller_chose() {
    let desk = all();
    for (order, expected) in [
        (
            json!({"kind": "buy"}),
            "the argument `order.symbol` is missing",
        ),
        (
            json!({"kind": "sell", "symbol": "A"}),
            "the argument `order.all` is missing",
        ),
        (
            json!({"kind": "hold"}),
            "the argument `order.kind` breaks the rule `enum`: it is not one of \"buy\", \"sell\"",
        ),
        (json!({}), "the argument `order.kind` is missing"),
    ] {
        let told = desk.error("place", json!({"order": order})).await;
        assert_eq!(told, format!("the call was not made: {expected}"));
    }
    let told = desk
        .error("order.find", json!({"kind": "sell", "symbol": "A", "b": 1}))
        .await;
    assert_eq!(
        told,
        "the call was not made: the argument `all` is missing; there is no argument `b`; there are all, kind, symbol"
    );
}

#[tokio::test]
async fn an_enum_with_documented_variants_is_published_as_its_values() {
    let desk = all();
    let properties = &desk.input("list")["properties"];
    assert_eq!(
        properties["by"],
        json!({
            "type": "string", "enum": ["newest", "oldest"],
            "description": "The order.\n\n- `newest`: Newest first.\n- `oldest`: Oldest first.",
        })
    );
    assert_eq!(properties["then"]["type"], json!(["string", "null"]));
    assert_eq!(
        properties["then"]["enum"],
        json!(["newest", "oldest", null])
    );
    assert_eq!(
        desk.text("list", json!({"by": "newest", "then": null}))
            .await,
        "Newest None"
    );
    let told = desk.error("list", json!({"by": "latest"})).await;
    assert!(
        told.ends_with("it is not one of \"newest\", \"oldest\""),
        "{told}"
    );
}

#[test]
fn a_recursive_result_refers_to_a_definition_and_never_to_the_whole() {
    let desk = all();
    let schema = serde_json::to_value(&desk.tool("tree").listing().output_schema).unwrap();
    let items = &schema["properties"]["children"]["items"];
    assert!(
        items["$ref"].as_str().unwrap().starts_with("#/$defs/"),
        "{schema}"
    );
    assert_eq!(
        schema["properties"]["by"]["enum"],
        json!(["newest", "oldest", null])
    );
}

#[tokio::test]
async fn null_for_an_optional_argument_counts_as_left_out() {
    let desk = all();
    let nulls = json!({"limit": null, "tags": null});
    assert_eq!(desk.text("defaults", nulls).await, "10 [] Some(3)");
    // Here `null` is a value of the type.
    assert_eq!(
        desk.text("defaults", json!({"depth": null})).await,
        "10 [] None"
    );
    assert_eq!(
        desk.text("paged", json!({"query": "a", "limit": null, "inner": null}))
            .await,
        "Paged { query: \"a\", limit: 0, inner: Inner { depth: 0 } }"
    );
    let told = desk.error("paged", json!({"query": null})).await;
    assert!(told.ends_with("`query` must be of type string"), "{told}");
    let told = desk
        .error("paged", json!({"query": "a", "inner": {"depth": null}}))
        .await;
    assert!(
        told.ends_with(
            "`inner.depth` must be of type integer; leave it out instead of sending null"
        ),
        "{told}"
    );
}

#[test]
fn what_clients_refuse_or_misread_is_a_warning() {
    let desk = all();
    let warnings = |name: &str| desk.tool(name).warnings().to_vec();
    let [name, choice] = &warnings("order.find")[..] else {
        panic!("{:?}", warnings("order.find"));
    };
    assert!(
        name.contains("`order.find`") && name.contains("claude.ai"),
        "{name}"
    );
    assert!(
        choice.contains("`oneOf`") && choice.contains("one argument"),
        "{choice}"
    );
    let [untyped] = &warnings("keep")[..] else {
        panic!("{:?}", warnings("keep"));
    };
    assert!(
        untyped.contains("`payload` of the tool `keep`") && untyped.contains("Map<"),
        "{untyped}"
    );
    for name in ["place", "list", "defaults", "paged", "tree", "tag"] {
        assert!(desk.tool(name).warnings().is_empty(), "{name}");
    }
    let nested = json!({
        "type": "object",
        "properties": {"list": {"type": "array", "items": true}, "page": {"$ref": "#/$defs/Page"}},
        "$defs": {"Page": {"type": "object", "properties": {"size": {"type": "integer"}, "extra": {}}}},
    });
    let nested = warnings::of("a", nested.as_object().unwrap()).join("\n");
    for name in ["`list[]`", "`Page.extra`"] {
        assert!(nested.contains(name), "{name}: {nested}");
    }
    assert!(!nested.contains("size"), "{nested}");
    let long = "x".repeat(65);
    assert_eq!(warnings::of(&long, &Map::new()).len(), 1);
    assert!(warnings::of(&long[1..], &Map::new()).is_empty());
    assert_eq!(
        desk.tool("order.find").undescribed_arguments(),
        ["all", "kind", "symbol"]
    );
}

#[tokio::test]
async fn a_list_has_limits() {
    let desk = all();
    let tags = &desk.input("tag")["properties"]["tags"];
    assert_eq!(
        (&tags["minItems"], &tags["maxItems"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(desk.text("tag", json!({"tags": ["a", "b"]})).await, "a b");
    for (tags, rule) in [
        (json!([]), "minItems"),
        (json!(["a", "b", "c"]), "maxItems"),
    ] {
        let told = desk.error("tag", json!({"tags": tags})).await;
        assert!(told.contains(rule), "{told}");
    }
}

#[test]
fn a_name_that_models_refuse_and_an_alias_are_errors_at_start_up() {
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "never called")]
    struct Odd {
        #[serde(rename = "$filter")]
        filter: Option<String>,
        #[serde(alias = "q", alias = "text")]
        query: String,
        #[serde(skip)]
        hidden: u8,
    }
    /// Wraps.
    #[derive(Deserialize, JsonSchema)]
    struct Wrapped(#[expect(dead_code, reason = "never called")] Odd);

    /// Queries.
    #[mcp_tool(public)]
    fn odd(Args(_): Args<Odd>) {}

    /// Queries.
    #[mcp_tool(public)]
    fn wrapped(Args(_): Args<Wrapped>) {}

    let told = faults::<()>(tools![odd]);
    for part in [
        "\"$filter\"",
        "`q`",
        "`text`",
        "serde(rename",
        "serde(alias)",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(
        !told.contains("`query`") && !told.contains("hidden"),
        "{told}"
    );
    assert!(faults::<()>(tools![wrapped]).contains("`q`"));

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Closed {
        #[serde(alias = "old")]
        #[expect(dead_code, reason = "never called")]
        new: Option<String>,
    }

    /// Queries.
    #[mcp_tool(public)]
    fn nested(filter: Closed) {
        drop(filter);
    }

    let told = faults::<()>(tools![nested]);
    assert!(told.contains("`filter` reads the member `old`"), "{told}");
}

#[tokio::test]
async fn a_result_beyond_the_limit_is_a_tool_error() {
    /// Repeats.
    #[mcp_tool(public)]
    fn repeat(times: usize) -> String {
        "\u{1}".repeat(times)
    }

    /// Repeats.
    #[mcp_tool(public)]
    fn values(times: usize) -> Json<Vec<String>> {
        Json(vec!["a".repeat(times)])
    }

    /// Fails.
    #[mcp_tool(public)]
    fn fails(times: usize) -> Result<(), String> {
        Err("a".repeat(times))
    }

    let mut desk = desk((), tools![repeat, values, fails]);
    for tool in &mut desk.tools {
        tool.input_mut().result_size = 3_000;
    }
    // Written as JSON, a control character has six bytes, and a structured result is there twice.
    for (name, fits, exceeds) in [("repeat", 480, 500), ("values", 1_400, 1_500)] {
        assert_eq!(
            desk.call(name, json!({"times": fits})).await.is_error,
            Some(false)
        );
        let told = desk.error(name, json!({"times": exceeds})).await;
        assert!(
            told.starts_with("the result of this tool has more than 3000 bytes"),
            "{told}"
        );
    }
    let told = desk.error("fails", json!({"times": 3_001})).await;
    assert!(
        told.starts_with("the result of this tool has more than"),
        "{told}"
    );
    assert_eq!(
        desk.error("fails", json!({"times": 3_000})).await.len(),
        3_000
    );
}
