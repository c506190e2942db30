use super::*;

fn read(tokens: TokenStream) -> (ItemAttribute, Vec<String>) {
    let errors = Errors::new();
    let attribute = ItemAttribute::read(Family::Tool, tokens, Span::call_site(), &errors);
    (attribute, errors.texts())
}

fn access(tokens: TokenStream) -> String {
    let (attribute, told) = read(tokens);
    assert!(told.is_empty(), "{told:?}");
    let tokens = attribute.access.unwrap().tokens(&quote!(k));
    tokens
        .to_string()
        .replace("k :: __private :: ", "")
        .replace(' ', "")
}

#[test]
fn each_way_to_state_who_may_call_is_read_as_it_is_meant() {
    for (tokens, expected) in [
        (quote!(public), "Requirement::Public"),
        (quote!(authenticated), "Requirement::Authenticated"),
        (
            quote!(scope = "a"),
            "Requirement::Scopes(&[&[Scope::new(\"a\")]])",
        ),
        (
            quote!(scopes = ["a", B]),
            "Requirement::Scopes(&[&[Scope::new(\"a\"),ScopeText(B).scope()]])",
        ),
        (
            quote!(any_scope = ["a", "b"]),
            "Requirement::Scopes(&[&[Scope::new(\"a\")],&[Scope::new(\"b\")]])",
        ),
        (
            quote!(any_scope = [["a", "b"], m::C]),
            "Requirement::Scopes(&[&[Scope::new(\"a\"),Scope::new(\"b\")],&[ScopeText(m::C).scope()]])",
        ),
    ] {
        assert_eq!(access(tokens.clone()), expected, "{tokens}");
    }
}

#[test]
fn whatever_is_not_understood_is_told() {
    // None of these may compile: an intended protection must not get lost.
    for tokens in [
        quote!(),
        quote!(scope),
        quote!(scope = 7),
        quote!(scope = a()),
        quote!(scope = &"a"),
        quote!(scope = b"a"),
        quote!(scope = concat!("a", "b")),
        quote!(scopes = SOME_CONST),
        quote!(scopes = &["a"]),
        quote!(scopes = ["a"; 2]),
        quote!(scopes = ("a", "b")),
        quote!(any_scope = [["a"], [["b"]]]),
        quote!(any_scope = ["a", []]),
        quote!(public = true),
        quote!(authenticated = "yes"),
        quote!(scope = "a", public),
        quote!(Scope = "a"),
        quote!(public, authorise = check),
        quote!(public, authorize),
        quote!(public, authorize = "check"),
        quote!(public, authorize = |caller| Ok(())),
        quote!(public, demands = ["a"]),
        quote!(public, authorize = check, demands),
        quote!(public, authorize = check, demands = "a"),
        quote!(public, authorize = check, demands = []),
        quote!(public, authorize = check, demands = LIST),
        quote!(public, authorize = check, demands = ["a", "a b"]),
        quote!(public; read_only),
    ] {
        assert!(!read(tokens.clone()).1.is_empty(), "{tokens}");
    }
}

#[test]
fn the_rest_is_read() {
    let (attribute, told) = read(quote!(
        scope = "a",
        name = "a.b",
        title = "A",
        description = "B",
        read_only = false,
        open_world,
        step_up,
        icons = ["https://a/b", icon()],
        meta = json!({}),
        crate = crate::x,
    ));
    assert!(told.is_empty(), "{told:?}");
    assert_eq!(attribute.name.unwrap().value(), "a.b");
    assert_eq!(attribute.title.unwrap().value(), "A");
    assert_eq!(attribute.description.unwrap().value(), "B");
    let hints: Vec<_> = attribute
        .hints
        .iter()
        .map(|(key, value)| (key.to_string(), *value))
        .collect();
    assert_eq!(
        hints,
        [
            ("read_only".to_owned(), false),
            ("open_world".to_owned(), true),
            ("step_up".to_owned(), true)
        ]
    );
    assert_eq!(attribute.icons.len(), 2);
    assert!(attribute.meta.is_some());
    assert_eq!(attribute.krate.unwrap().to_string(), "crate :: x");
}

#[test]
fn what_a_client_must_be_able_to_is_read_or_told() {
    let (attribute, told) = read(quote!(
        public,
        client_capabilities = ["sampling", "elicitation.url"]
    ));
    assert!(told.is_empty(), "{told:?}");
    let needed = attribute.client_capabilities.iter();
    let needed: Vec<_> = needed
        .map(|one| one.tokens(&quote!(k)).to_string())
        .collect();
    assert_eq!(
        needed,
        [
            "k :: __private :: Capability :: Sampling",
            "k :: __private :: Capability :: ElicitationUrl"
        ]
    );
    for tokens in [
        quote!(client_capabilities),
        quote!(client_capabilities = "sampling"),
        quote!(client_capabilities = []),
        quote!(client_capabilities = ["sampling", "sampling"]),
        quote!(client_capabilities = ["Sampling"]),
        quote!(client_capabilities = [ClientCapability::Sampling]),
        quote!(client_capabilities = NEEDED),
    ] {
        let (_, told) = read(quote!(public, #tokens));
        assert_eq!(told.len(), 1, "{tokens}: {told:?}");
    }
}
