use super::*;

#[test]
fn a_message_shows_neither_passwords_nor_queries_nor_novels() {
    assert_eq!(quoted_without_secrets("https://h/mcp"), "\"https://h/mcp\"");
    for text in [
        "https://me:geheim@h/mcp",
        "https://h/mcp?key=geheim",
        "https://h#geheim",
    ] {
        assert!(!quoted_without_secrets(text).contains("geheim"), "{text}");
    }
    assert!(quoted_without_secrets(&"ü".repeat(9000)).len() < 300);
    assert!(!quoted_without_secrets("a\nb").contains('\n'));
}
