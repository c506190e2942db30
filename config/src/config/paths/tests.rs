use super::*;
use crate::Config;

fn paths(config: Config) -> Paths {
    config.validate().unwrap().paths().clone()
}

fn errors(config: Config) -> String {
    config.validate().unwrap_err().to_string()
}

fn at(resource: &str) -> Config {
    Config::new(resource).with_issuer("https://as.example")
}

fn list(paths: BTreeSet<String>) -> Vec<String> {
    paths.into_iter().collect()
}

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

#[test]
fn without_settings_the_paths_are_those_of_the_resource() {
    let paths = paths(at("https://h.example/mcp"));
    assert_eq!(paths.endpoint, "/mcp");
    assert_eq!(
        paths.metadata_url(),
        format!("https://h.example{WELL_KNOWN}/mcp")
    );
    let own = [format!("{WELL_KNOWN}/mcp"), format!("{WELL_KNOWN}/mcp/")];
    assert_eq!(list(paths.metadata(true)), own);
    assert!(list(paths.metadata(false)).contains(&WELL_KNOWN.to_owned()));
    assert_eq!(list(paths.docs_routes(false)), ["/docs"]);
    assert!(paths.docs_routes(true).is_empty());
    assert_eq!(paths.docs_url(true), None);
}

#[test]
fn a_nested_router_has_its_metadata_below_the_nest() {
    let paths = paths(at("https://h.example/api/mcp").with_nested_path("/api/"));
    assert_eq!(paths.endpoint, "/mcp");
    assert_eq!(
        paths.metadata_url(),
        format!("https://h.example/api{WELL_KNOWN}/mcp")
    );
    assert!(paths.metadata(true).contains(&format!("{WELL_KNOWN}/mcp")));
}

#[test]
fn a_proxy_may_forward_one_prefix_alone_and_keep_it() {
    let paths = paths(at("https://h.example/svc/mcp").with_path_prefix("/svc"));
    assert_eq!(paths.endpoint, "/svc/mcp");
    let below = format!("/svc{WELL_KNOWN}/mcp");
    assert_eq!(paths.metadata_url(), format!("https://h.example{below}"));
    assert!(paths.metadata(true).contains(&below));
    // Clients that ignore challenges look here.
    assert!(
        paths
            .metadata(true)
            .contains(&format!("{WELL_KNOWN}/svc/mcp"))
    );
    assert_eq!(
        paths.docs_url(false).as_deref(),
        Some("https://h.example/svc/docs")
    );
    assert_eq!(list(paths.docs_routes(false)), ["/docs", "/svc/docs"]);
}

#[test]
fn a_page_below_the_resource_is_served_where_requests_for_it_arrive() {
    let at = |path: &str, docs: &str| {
        at(&format!("https://h.example{path}")).with_docs_url(format!("https://h.example{docs}"))
    };
    let alone = |config| list(paths(config).docs_routes(false));
    assert_eq!(alone(at("/mcp", "/mcp/docs")), ["/docs", "/mcp/docs"]);
    let rewritten = at("/svc/mcp", "/svc/mcp/docs").with_listen_path("/inner");
    assert_eq!(alone(rewritten), ["/docs", "/inner/docs"]);
    // At the root it would be in the place of another route.
    for taken in ["docs", "healthz", "readyz"] {
        let root = at("/mcp", &format!("/mcp/{taken}")).with_listen_path("/");
        assert_eq!(alone(root), ["/docs"], "{taken}");
    }
    // A mounted router serves it only on request, as the page at its own place.
    let mounted = |config| list(paths(config).docs_routes(true));
    let nested = || at("/api/mcp", "/api/mcp/docs").with_nested_path("/api");
    assert!(mounted(nested()).is_empty());
    assert_eq!(mounted(nested().with_docs_page()), ["/docs", "/mcp/docs"]);
}

#[test]
fn a_proxy_may_remove_the_prefix() {
    let config = at("https://h.example/svc/mcp").with_listen_path("/mcp");
    let plain = paths(config.clone());
    assert_eq!(plain.endpoint, "/mcp");
    // What is published stays, until it is asked for below the prefix.
    let published = format!("https://h.example{WELL_KNOWN}/svc/mcp");
    assert_eq!(plain.metadata_url(), published);
    let below = paths(config.with_path_prefix("/svc"));
    assert_eq!(
        below.metadata_url(),
        format!("https://h.example/svc{WELL_KNOWN}/mcp")
    );
    assert!(below.metadata(true).contains(&format!("{WELL_KNOWN}/mcp")));
    assert_eq!(list(below.docs_routes(false)), ["/docs"]);
}

#[test]
fn a_proxy_may_replace_the_path() {
    let paths = paths(at("https://h.example/notes").with_listen_path("/mcp"));
    assert_eq!(paths.endpoint, "/mcp");
    assert!(
        paths
            .metadata(true)
            .contains(&format!("{WELL_KNOWN}/notes"))
    );
}

#[test]
fn a_nest_below_a_proxy_that_removes_its_own_prefix_is_understood() {
    let config = at("https://h.example/svc/api/mcp").with_listen_path("/api/mcp");
    let paths = paths(config.with_nested_path("/api"));
    assert_eq!(paths.endpoint, "/mcp");
    assert_eq!(
        paths.metadata_url(),
        format!("https://h.example/svc/api{WELL_KNOWN}/mcp")
    );
}

#[test]
fn paths_that_contradict_each_other_are_errors_with_a_remedy() {
    let config = || at("https://h.example/api/mcp");
    for (config, parts) in [
        (
            config().with_nested_path("/other"),
            ["nested under \"/other\"", "https://h.example/other/mcp"],
        ),
        (
            config().with_nested_path("/ap"),
            ["nested under \"/ap\"", "/api/mcp"],
        ),
        (
            config().with_path_prefix("/other"),
            ["the path prefix is \"/other\"", "TOOLGATE_PATH_PREFIX"],
        ),
        (
            config().with_path_prefix("api"),
            ["does not begin with a slash", "write a path"],
        ),
        (
            config().with_listen_path("/healthz"),
            ["reserved for the server", "choose another path"],
        ),
        (
            config().with_listen_path("/a//b"),
            ["an empty segment", "single slashes"],
        ),
        (
            config().with_listen_path("/{a}"),
            ["the character '{' in its path", "with letters"],
        ),
        (
            at("https://h.example/api/readyz").with_nested_path("/api"),
            ["served at \"/readyz\"", "choose another path"],
        ),
        (
            at("https://h.example/api/docs").with_path_prefix("/api"),
            ["served at \"/docs\"", "choose another path"],
        ),
        (
            at("https://h.example/api/docs.md").with_path_prefix("/api"),
            ["served at \"/docs.md\"", "choose another path"],
        ),
        (
            at("https://h.example/docs.json").with_listen_path("/mcp"),
            ["docs.json, which is reserved", "choose another path"],
        ),
    ] {
        let told = errors(config);
        for part in parts {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
}

/// The router panics at two routes with one path.
#[test]
fn an_endpoint_at_which_requests_for_the_page_or_the_metadata_arrive_is_an_error() {
    let rewritten = |path: &str| {
        let config = at(&format!("https://h.example/svc/a{path}")).with_listen_path(path);
        config.with_path_prefix("/svc")
    };
    for path in ["/svc/docs", "/svc/docs.md", "/svc/docs.json"] {
        let told = errors(rewritten(path));
        assert!(
            told.contains(&format!("served at {path:?}, where requests")),
            "{told}"
        );
        assert!(told.contains("choose another path"), "{told}");
    }
    let beside = rewritten("/svc/mcp").validate();
    assert!(beside.is_ok(), "{:?}", beside.err());
}

#[test]
fn the_development_issuer_stays_at_the_root_of_its_origin() {
    let config = Config::new("http://127.0.0.1:8000/api/mcp");
    assert!(config.validate().unwrap().may_issue_for_development());
    let nested = config.with_nested_path("/api").validate().unwrap();
    assert!(!nested.may_issue_for_development());
    let mut errors = SetupErrors::default();
    nested.add_no_issuer_error(&mut errors);
    let told = errors.into_error().to_string();
    assert!(told.contains("mounted below it"), "{told}");
}
