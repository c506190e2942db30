use super::*;

fn parse(tokens: TokenStream) -> (ItemAttribute, Vec<String>) {
    let errors = Errors::new();
    let attribute = ItemAttribute::parse(ItemKind::Tool, tokens, Span::call_site(), &errors);
    (attribute, errors.texts())
}

fn access(tokens: TokenStream) -> String {
    let (attribute, reported) = parse(tokens);
    assert!(reported.is_empty(), "{reported:?}");
    let tokens = attribute.access.unwrap().tokens(&quote!(k));
    tokens
        .to_string()
        .replace("k :: __private :: ", "")
        .replace(' ', "")
}

#[test]
fn each_declaration_of_access_has_its_meaning() {
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
fn an_unknown_form_is_an_error() {
    // Each of these must be a compile error. Otherwise the author would lose a protection.
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
        quote!(public, authorize = check, authorize_scopes),
        quote!(public, authorize = check, authorize_scopes = "a"),
        quote!(public, authorize = check, authorize_scopes = []),
        quote!(public, authorize = check, authorize_scopes = LIST),
        quote!(public, authorize = check, authorize_scopes = ["a", "a b"]),
        quote!(public; read_only),
    ] {
        assert!(!parse(tokens.clone()).1.is_empty(), "{tokens}");
    }
}

#[test]
fn the_other_keys_are_parsed() {
    let (attribute, reported) = parse(quote!(
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
    assert!(reported.is_empty(), "{reported:?}");
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
fn client_capabilities_are_parsed_or_reported() {
    let (attribute, reported) = parse(quote!(
        public,
        client_capabilities = ["sampling", "elicitation.url"]
    ));
    assert!(reported.is_empty(), "{reported:?}");
    let needed = attribute.client_capabilities.iter();
    let needed: Vec<_> = needed
        .map(|one| one.tokens(&quote!(k)).to_string())
        .collect();
    assert_eq!(
        needed,
        [
            "k :: __private :: ClientCapability :: Sampling",
            "k :: __private :: ClientCapability :: ElicitationUrl"
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
        let (_, reported) = parse(quote!(public, #tokens));
        assert_eq!(reported.len(), 1, "{tokens}: {reported:?}");
    }
}
