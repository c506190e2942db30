use toolgate::{Config, Server, mcp_tool, tools};

/// Deletes.
#[mcp_tool(authenticated, approve = "Sure?")]
fn delete() {}

#[test]
fn an_item_that_needs_the_page_does_not_start_without_the_feature() {
    let config = Config::new("https://a.example/mcp").with_issuer("https://as.example");
    let server = Server::new("a").without_banner().tools(tools![delete]);
    let told = server.into_router(config).unwrap_err().to_string();
    assert!(told.contains("the tool `delete` has `approve`"), "{told}");
    assert!(told.contains("features = [\"approval\"]"), "{told}");
}
