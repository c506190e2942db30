#![expect(dead_code, reason = "printed by Debug alone")]
use super::*;

/// Looks for news.
#[mcp_tool(public)]
fn search(
    /// What to look for.
    #[arg(min_length = 2, max_length = 8, pattern = "^[A-Z]+$")]
    ticker: String,
    /// How many at most.
    #[arg(default = 10, minimum = 1, maximum = 50)]
    limit: u32,
    /// Since when.
    since: Option<String>,
    /// Where.
    #[arg(rename = "region-id", header = "Region")]
    region: Option<String>,
) -> String {
    format!("{ticker} {limit} {since:?} {region:?}")
}

#[derive(Debug, Deserialize, Serialize, JsonSchema, Default)]
#[serde(rename_all = "lowercase")]
enum Order {
    #[default]
    Newest,
    Oldest,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Labels.
    tags: Vec<String>,
    #[serde(default)]
    order: Option<Order>,
}

type MaybeFilter = Option<Filter>;

/// Lists.
#[mcp_tool(public)]
fn list(
    filter: MaybeFilter,
    #[arg(default)] order: Order,
    #[arg(default = Order::Oldest)] then: Order,
) -> String {
    format!("{filter:?} {order:?} {then:?}")
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Search {
    /// What to look for.
    query: String,
    limit: Option<u8>,
}

/// Searches.
#[mcp_tool(public)]
fn whole(Args(search): Args<Search>) -> String {
    format!("{search:?}")
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "lowercase")]
enum Find {
    Name { name: String },
    Number { number: i32 },
}

/// Finds.
#[mcp_tool(public)]
fn find(Args(find): Args<Find>) -> String {
    format!("{find:?}")
}

/// A tree.
#[derive(Debug, Deserialize, JsonSchema)]
struct Tree {
    children: Vec<Tree>,
}

/// Counts.
#[mcp_tool(public)]
fn count(left: Tree, right: Option<Tree>) -> usize {
    left.children.len() + right.map_or(0, |right| right.children.len())
}

/// Takes nothing.
#[mcp_tool(public)]
fn nothing() {}

fn all() -> Desk<()> {
    desk((), tools![search, list, whole, find, count, nothing])
}

#[test]
fn the_schema_says_what_the_parameters_say() {
    assert_eq!(
        all().input("search"),
        json!({
            "type": "object",
            "properties": {
                "ticker": {"type": "string", "description": "What to look for.", "minLength": 2, "maxLength": 8, "pattern": "^[A-Z]+$"},
                "limit": {"type": "integer", "description": "How many at most.", "minimum": 1, "maximum": 50, "default": 10},
                "since": {"type": ["string", "null"], "description": "Since when."},
                "region-id": {"type": "string", "description": "Where.", "x-mcp-header": "Region"},
            },
            "required": ["ticker"],
            "additionalProperties": false,
        })
    );
    assert_eq!(
        all().input("nothing"),
        json!({"type": "object", "properties": {}, "additionalProperties": false})
    );
}

#[tokio::test]
async fn arguments_arrive_with_defaults_and_without_options() {
    let desk = all();
    for (arguments, expected) in [
        (json!({"ticker": "AAPL"}), "AAPL 10 None None"),
        (
            json!({"ticker": "AAPL", "limit": 3.0, "since": null}),
            "AAPL 3 None None",
        ),
        (
            json!({"ticker": "AAPL", "since": "x", "region-id": "eu"}),
            "AAPL 10 Some(\"x\") Some(\"eu\")",
        ),
    ] {
        assert_eq!(desk.text("search", arguments).await, expected);
    }
    assert_eq!(desk.text("list", json!({})).await, "None Newest Oldest");
    assert_eq!(
        desk.text("list", json!({"filter": {"tags": []}, "order": "oldest"}))
            .await,
        "Some(Filter { tags: [], order: None }) Oldest Oldest"
    );
    assert_eq!(desk.text("nothing", json!({})).await, "");
}

#[tokio::test]
async fn a_call_that_breaks_the_schema_names_the_argument_and_the_rule() {
    let desk = all();
    for (tool, arguments, expected) in [
        ("search", json!({}), "the argument `ticker` is missing"),
        (
            "search",
            json!({"ticker": 7}),
            "the argument `ticker` must be of type string",
        ),
        (
            "search",
            json!({"ticker": "A"}),
            "`ticker` breaks the rule `minLength`: it is shorter than 2",
        ),
        (
            "search",
            json!({"ticker": "ABCDEFGHI"}),
            "`maxLength`: it is longer than 8",
        ),
        (
            "search",
            json!({"ticker": "aapl"}),
            "`pattern`: it does not match \"^[A-Z]+$\"",
        ),
        (
            "search",
            json!({"ticker": "AAPL", "limit": 0}),
            "`limit` breaks the rule `minimum`: it is less than the minimum of 1",
        ),
        (
            "search",
            json!({"ticker": "AAPL", "limit": 51}),
            "`limit` breaks the rule `maximum`",
        ),
        (
            "search",
            json!({"ticker": "AAPL", "limit": 1.5}),
            "the argument `limit` must be of type integer",
        ),
        (
            "search",
            json!({"ticker": "AAPL", "region-id": 7}),
            "the argument `region-id` must be of type string",
        ),
        (
            "search",
            json!({"ticker": "AAPL", "region": "eu"}),
            "there is no argument `region`; there are",
        ),
        (
            "nothing",
            json!({"a": 1}),
            "there is no argument `a`; the tool has none",
        ),
        (
            "list",
            json!({"filter": {}}),
            "the argument `filter.tags` is missing",
        ),
        (
            "list",
            json!({"filter": {"tags": ["a", 7]}}),
            "the argument `filter.tags[1]` must be of type string",
        ),
        (
            "list",
            json!({"filter": {"tags": [], "x": 1}}),
            "there is no argument `filter.x`",
        ),
        (
            "list",
            json!({"order": "random"}),
            "the argument `order` breaks the rule `enum`",
        ),
        (
            "whole",
            json!({"query": "a", "limit": 256}),
            "`limit` breaks the rule `maximum`",
        ),
        (
            "whole",
            json!({"query": "a", "page": 2}),
            "there is no argument `page`; there are",
        ),
        (
            "find",
            json!({"by": "name", "name": "a", "number": 1}),
            "there is no argument `number`",
        ),
        (
            "count",
            json!({"left": {"children": [{}]}}),
            "the argument `left.children[0].children` is missing",
        ),
    ] {
        let told = desk.error(tool, arguments.clone()).await;
        assert!(told.contains(expected), "{tool} {arguments}: {told}");
    }
}

#[tokio::test]
async fn every_error_of_a_call_is_reported_together() {
    let told = all()
        .error("search", json!({"ticker": "a", "limit": 99, "x": 1}))
        .await;
    for part in ["minLength", "pattern", "maximum", "no argument `x`"] {
        assert!(told.contains(part), "{told}");
    }
}

#[tokio::test]
async fn megabytes_are_not_echoed() {
    let long = "x".repeat(1_000_000);
    let desk = all();
    for arguments in [
        json!({"ticker": long}),
        json!({"ticker": "AAPL", "since": [long]}),
        json!({"ticker": "AAPL", (long.as_str()): 1}),
        json!({"ticker": "AAPL", "region-id": {(long.as_str()): [{(long.as_str()): 1}]}}),
    ] {
        assert!(desk.error("search", arguments).await.len() < 2_500);
    }
    let many: Value = (0..10_000).map(|n| (format!("a{n}"), json!(1))).collect();
    assert!(desk.error("nothing", many).await.len() < 2_500);
    let deep = json!({"filter": {"tags": vec![7; 10_000]}});
    assert!(desk.error("list", deep).await.len() < 2_500);
}

#[tokio::test]
async fn one_struct_can_be_all_arguments() {
    let desk = all();
    assert_eq!(
        desk.text("whole", json!({"query": "a"})).await,
        "Search { query: \"a\", limit: None }"
    );
    assert_eq!(
        desk.text("find", json!({"by": "number", "number": 3}))
            .await,
        "Number { number: 3 }"
    );
    let schema = desk.input("find");
    assert_eq!(schema["type"], "object");
    assert_eq!(schema["unevaluatedProperties"], false);
}

#[tokio::test]
async fn a_recursive_type_has_one_definition() {
    let desk = all();
    let schema = desk.input("count");
    assert_eq!(schema["$defs"].as_object().unwrap().len(), 1, "{schema}");
    let tree = json!({"left": {"children": [{"children": []}]}});
    assert_eq!(desk.text("count", tree).await, "1");
}

#[test]
fn arguments_without_a_description_are_known() {
    let desk = all();
    assert!(desk.tool("search").undescribed_arguments().is_empty());
    assert_eq!(
        desk.tool("list").undescribed_arguments(),
        ["filter", "order", "then"]
    );
    assert_eq!(desk.tool("whole").undescribed_arguments(), ["limit"]);
}

#[test]
fn headers_of_parameters_are_known() {
    let desk = all();
    let headers: Vec<&str> = desk.tool("search").parameter_headers().collect();
    assert_eq!(headers, ["Region"]);
}

/// Wrong in ways that an alias hides from the attribute.
mod hidden_from_the_attribute {
    use super::*;

    type Text = String;
    type Number = u32;
    type Real = f64;

    /// A limit of a text.
    #[mcp_tool(public)]
    fn limited(#[arg(minimum = 1)] a: Text) -> String {
        a
    }

    /// A length of a number.
    #[mcp_tool(public)]
    fn long(#[arg(max_length = 1)] a: Number) -> String {
        a.to_string()
    }

    /// A default of another type.
    #[mcp_tool(public)]
    fn preset(#[arg(default = "x")] a: Number) -> String {
        a.to_string()
    }

    /// A default beyond the limit.
    #[mcp_tool(public)]
    fn beyond(#[arg(default = 1 + 1, maximum = 1)] a: Number, b: String) -> String {
        format!("{a}{b}")
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[schemars(extend("pattern" = r"\p{L}"))]
    struct Word(String);

    /// A pattern that the engine does not have.
    #[mcp_tool(public)]
    fn class(a: Word) -> String {
        a.0
    }

    /// A header that cannot be one.
    #[mcp_tool(public)]
    fn real(#[arg(header = "Real")] a: Real) -> String {
        a.to_string()
    }

    /// Arguments that are no object.
    #[mcp_tool(public)]
    fn list(Args(a): Args<Vec<String>>) -> String {
        a.join(",")
    }

    #[test]
    fn keeps_the_server_from_starting() {
        let told = faults::<()>(tools![limited, long, preset, beyond, class, real, list]);
        for expected in [
            "`limited`: the argument `a` has the rule `minimum`, and is of type string",
            "`long`: the argument `a` has the rule `maxLength`, and is of type integer",
            "`preset`: the default breaks the argument's own rules: the argument `a` must be of type integer",
            "`beyond`: the default breaks the argument's own rules: the argument `a` breaks the rule `maximum`",
            "the schema of the arguments of the tool `class` is wrong",
            "`real`: the argument `a` has the header `Real`",
            "the arguments of the tool `list` are not a JSON object",
            "for 7 reasons",
        ] {
            assert!(told.contains(expected), "{expected}\n{told}");
        }
    }

    #[test]
    fn a_limit_is_never_wider_than_the_type() {
        /// Small.
        #[mcp_tool(public)]
        fn small(#[arg(minimum = -5, maximum = 1000)] a: Small) -> String {
            a.to_string()
        }
        type Small = u8;
        let schema = desk((), tools![small]).input("small");
        assert_eq!(schema["properties"]["a"]["minimum"], 0);
        assert_eq!(schema["properties"]["a"]["maximum"], 255);
    }
}
