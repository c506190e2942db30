//! Types of numbers: what is published of them, and what is refused.

use std::{
    net::Ipv4Addr,
    num::{NonZeroI32, NonZeroU64},
};

use super::*;

/// Every type of number that schemars has a format for.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Numbers {
    a: i8,
    b: i16,
    c: i32,
    d: i64,
    e: i128,
    f: isize,
    g: u8,
    h: u16,
    i: u32,
    j: u64,
    k: u128,
    l: usize,
    m: f32,
    n: f64,
    o: NonZeroU64,
    p: Option<NonZeroI32>,
}

/// A list that has a definition of its own.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Chain {
    value: u16,
    next: Option<Box<Chain>>,
}

/// What holds such a list.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Held {
    chain: Chain,
}

/// Adds.
#[mcp_tool(public)]
fn add(
    small: u8,
    #[arg(maximum = 18_446_744_073_709_551_614)] large: u64,
    signed: Option<i64>,
    wide: Option<i128>,
    fraction: Option<f32>,
    nonzero: Option<NonZeroI32>,
) -> String {
    format!("{small} {large} {signed:?} {wide:?} {fraction:?} {nonzero:?}")
}

/// Reads.
#[mcp_tool(public)]
fn read(Args(chain): Args<Chain>) -> Json<Held> {
    Json(Held { chain })
}

/// Pings.
#[mcp_tool(public)]
fn ping(host: Ipv4Addr) -> String {
    host.to_string()
}

/// Lists.
#[mcp_tool(public)]
fn list() -> Json<Vec<Numbers>> {
    Json(Vec::new())
}

fn all() -> Desk<()> {
    desk((), tools![add, read, ping, list])
}

fn output(name: &str) -> Value {
    let desk = all();
    serde_json::to_value(&desk.tool(name).listing().output_schema).unwrap()
}

#[test]
fn a_result_says_the_limits_of_its_numbers() {
    let properties = &output("list")["items"]["properties"];
    for (name, least, most) in [
        ("a", json!(i8::MIN), json!(i8::MAX)),
        ("b", json!(i16::MIN), json!(i16::MAX)),
        ("c", json!(i32::MIN), json!(i32::MAX)),
        ("d", json!(i64::MIN), json!(i64::MAX)),
        ("e", json!(i64::MIN), json!(u64::MAX)),
        ("f", json!(isize::MIN), json!(isize::MAX)),
        ("g", json!(0), json!(u8::MAX)),
        ("h", json!(0), json!(u16::MAX)),
        ("i", json!(0), json!(u32::MAX)),
        ("j", json!(0), json!(u64::MAX)),
        ("k", json!(0), json!(u64::MAX)),
        ("l", json!(0), json!(usize::MAX)),
        ("m", json!(f64::from(f32::MIN)), json!(f64::from(f32::MAX))),
        ("n", Value::Null, Value::Null),
        ("o", json!(1), json!(u64::MAX)),
        ("p", json!(i32::MIN), json!(i32::MAX)),
    ] {
        assert_eq!(properties[name]["minimum"], least, "{name}");
        assert_eq!(properties[name]["maximum"], most, "{name}");
        assert_eq!(properties[name]["format"], Value::Null, "{name}");
    }
    assert_eq!(properties["p"]["not"], json!({"const": 0}));
}

#[test]
fn definitions_are_no_exception() {
    for schema in [all().input("read"), output("read")] {
        assert!(!schema.to_string().contains("format"), "{schema}");
        let value = &schema["$defs"]["Chain"]["properties"]["value"];
        assert_eq!(value["maximum"], 65_535, "{schema}");
    }
}

#[tokio::test]
async fn a_number_beyond_its_type_is_refused_by_the_rule_that_is_published() {
    let desk = all();
    let good = json!({"small": 255, "large": u64::MAX - 1, "signed": i64::MIN, "wide": u64::MAX});
    assert_eq!(
        desk.text("add", good.clone()).await,
        format!(
            "255 {} Some({}) Some({}) None None",
            u64::MAX - 1,
            i64::MIN,
            u64::MAX
        )
    );
    for (argument, value, rule) in [
        ("small", json!(256), "maximum"),
        ("small", json!(-1), "minimum"),
        ("large", json!(u64::MAX), "maximum"),
        ("large", json!(1e20), "maximum"),
        ("signed", json!(9_223_372_036_854_775_808_u64), "maximum"),
        ("signed", json!(-1e19), "minimum"),
        ("wide", json!(1e20), "maximum"),
        ("fraction", json!(1e39), "maximum"),
        ("nonzero", json!(2_147_483_648_u32), "maximum"),
    ] {
        let mut arguments = good.clone();
        arguments[argument] = value.clone();
        let told = desk.error("add", arguments).await;
        let expected = format!("the argument `{argument}` breaks the rule `{rule}`");
        assert!(told.contains(&expected), "{value} {told}");
    }
    let told = desk
        .error("read", json!({"value": 1, "next": {"value": 65_536}}))
        .await;
    assert!(told.contains("rule `maximum`"), "{told}");
}

/// `format` is an annotation: the type that parses the argument enforces it.
#[tokio::test]
async fn a_text_of_another_format_is_refused_by_its_type() {
    let desk = all();
    assert_eq!(desk.input("ping")["properties"]["host"]["format"], "ipv4");
    assert_eq!(
        desk.text("ping", json!({"host": "10.0.0.1"})).await,
        "10.0.0.1"
    );
    let told = desk.error("ping", json!({"host": "10.0.0.256"})).await;
    assert!(told.contains("`host`"), "{told}");
}
