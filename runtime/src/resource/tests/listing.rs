//! What lists say, in which order, and what does not start.

use super::*;
use crate::scope::Scope;

const READ: Scope = Scope::new("read");

/// The menu.
///
/// It changes daily.
#[mcp_resource(
    uri = "menu://today",
    scope = READ,
    name = "Today's menu",
    title = "Menu",
    mime_type = "text/markdown",
    size = 12,
    icons = ["https://example.com/a.png"],
    meta = json!({"example.com/fresh": true}),
    step_up
)]
fn menu() -> String {
    "# Soup".to_owned()
}

/// A dish.
#[mcp_resource(uri = "menu://{day}/{dish}", any_scope = ["read", "cook"])]
fn dish(day: String, dish: u8, _caller: Option<Caller>) -> String {
    format!("{day} {dish}")
}

/// A day.
#[mcp_resource(uri = "menu://{+rest}", public)]
fn day(rest: String) -> Vec<u8> {
    rest.into_bytes()
}

/// Another.
#[mcp_resource(uri = "about://us", authenticated)]
fn about() -> Result<Json<u8>, String> {
    Ok(Json(1))
}

fn listed<S>(resource: &Item<S, ResourceKind>) -> Value {
    match resource.listing() {
        ResourceListing::Resource(resource) => serde_json::to_value(resource).unwrap(),
        ResourceListing::Template(template) => serde_json::to_value(template).unwrap(),
    }
}

#[test]
fn written_out_uris_come_first_and_templates_keep_their_order() {
    let shelf = shelf((), resources![dish, day, menu, about]);
    let order: Vec<_> = shelf
        .resources
        .iter()
        .map(|one| one.address_text())
        .collect();
    assert_eq!(
        order,
        [
            "about://us",
            "menu://today",
            "menu://{day}/{dish}",
            "menu://{+rest}"
        ]
    );
}

#[test]
fn the_listing_says_what_the_attribute_says() {
    let shelf = shelf((), resources![menu, dish, day, about]);
    assert_eq!(
        listed(&shelf.resources[1]),
        json!({
            "uri": "menu://today",
            "name": "Today's menu",
            "title": "Menu",
            "description": "The menu.\n\nIt changes daily.",
            "mimeType": "text/markdown",
            "size": 12,
            "icons": [{"src": "https://example.com/a.png"}],
            "_meta": {
                "example.com/fresh": true,
                "securitySchemes": [{"type": "oauth2", "scopes": ["read"]}],
            },
        })
    );
    assert!(shelf.resources[1].is_step_up());
    assert_eq!(
        listed(&shelf.resources[2]),
        json!({
            "uriTemplate": "menu://{day}/{dish}",
            "name": "dish",
            "description": "A dish.",
            "mimeType": "text/plain",
            "_meta": {"securitySchemes": [
                {"type": "oauth2", "scopes": ["read"]},
                {"type": "oauth2", "scopes": ["cook"]},
            ]},
        })
    );
    assert_eq!(listed(&shelf.resources[0])["mimeType"], "application/json");
    assert!(listed(&shelf.resources[3]).get("mimeType").is_none());
    assert_eq!(shelf.resources[0].requirement(), Requirement::Authenticated);
    assert!(!shelf.resources[3].takes_context());
}

#[test]
fn two_resources_of_one_uri_do_not_start() {
    /// Once more.
    #[mcp_resource(uri = "menu://{day}/{dish}", public)]
    fn again(day: String, dish: String) -> String {
        day + &dish
    }
    let told = faults::<()>(resources![dish, again, menu, menu]);
    assert!(
        told.contains("two resources have the URI `menu://{day}/{dish}`"),
        "{told}"
    );
    assert!(
        told.contains("two resources have the URI `menu://today`"),
        "{told}"
    );
}

#[test]
fn a_template_of_which_nothing_is_left_does_not_start() {
    /// Once more.
    #[mcp_resource(uri = "menu://{when}/{what}", public)]
    fn again(when: String, what: String) -> String {
        when + &what
    }
    let told = faults::<()>(resources![day, dish]);
    assert!(
        told.contains("`menu://{day}/{dish}` is never read: `menu://{+rest}` comes before it"),
        "{told}"
    );
    let told = faults::<()>(resources![dish, again]);
    assert!(
        told.contains("`menu://{when}/{what}` is never read"),
        "{told}"
    );
    assert_eq!(faults::<()>(resources![menu, dish, day]), "");

    /// The menu, spelled otherwise.
    #[mcp_resource(uri = "menu://toda%79/", public)]
    fn menu_again() -> &'static str {
        "soup"
    }
    let told = faults::<()>(resources![menu, menu_again]);
    assert!(told.contains("is never read"), "{told}");
}

#[test]
fn a_public_resource_that_needs_a_caller_in_disguise_does_not_start() {
    type Whoever = Caller;
    /// Disguised.
    #[mcp_resource(uri = "who://am-i", public)]
    fn who(#[extract] caller: Whoever) -> String {
        caller.issuer().to_owned()
    }
    let told = faults::<()>(resources![who]);
    assert!(told.contains("the resource `who` is public"), "{told}");
}
