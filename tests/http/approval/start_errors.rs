//! The start errors of a server with `approve`.

use toolgate::{
    access,
    auth::{BearerToken, Claims, Dpop, TokenError, TokenVerifier},
    gate::HandlerGate,
    issuer::ClientAuthentication,
};

use super::*;

const ISSUER: &str = "https://as.example";

struct Own;

impl TokenVerifier for Own {
    async fn verify(&self, _: &BearerToken) -> Result<Claims, TokenError> {
        Err(TokenError::invalid("never"))
    }
}

fn config() -> Config {
    Config::new("https://a.example/mcp")
}

fn error(server: Server<Runs>, config: Config) -> String {
    server.into_router(config).unwrap_err().to_string()
}

#[tokio::test]
async fn a_server_that_can_never_sign_users_in_does_not_start() {
    let runs = Runs::default();
    let told = error(server(&runs).with_verifier(Own), config());
    assert!(told.contains("`delete` has `approve`"), "{told}");
    assert!(told.contains("Config::with_issuer"), "{told}");
    let named = server(&runs)
        .with_verifier(Own)
        .into_router(config().with_issuer(ISSUER));
    assert!(named.is_ok());
    let told = error(
        server(&runs),
        config().with_issuer(ISSUER).with_dpop(Dpop::required()),
    );
    assert!(
        told.contains("accepts only tokens that are bound to a key"),
        "{told}"
    );
}

#[tokio::test]
async fn a_client_of_no_issuer_and_a_client_without_a_name_are_start_errors() {
    let runs = Runs::default();
    let with = |issuer: &str, client| {
        config()
            .with_issuer(ISSUER)
            .with_approval_client(issuer, client)
    };
    let told = error(
        server(&runs),
        with("https://other.example", ClientAuthentication::public("a")),
    );
    assert!(told.contains("https://other.example"), "{told}");
    assert!(told.contains(ISSUER), "{told}");
    for client in [
        ClientAuthentication::public(" "),
        ClientAuthentication::basic("a", ""),
    ] {
        let told = error(server(&runs), with(ISSUER, client));
        assert!(told.contains("users cannot sign in"), "{told}");
        assert!(told.contains("is empty"), "{told}");
    }
    let told = error(
        server(&runs),
        config()
            .with_issuer(ISSUER)
            .with_approval_wait(Duration::from_secs(61)),
    );
    assert!(told.contains("61 seconds"), "{told}");
}

#[tokio::test]
async fn an_endpoint_in_the_place_of_the_pages_is_a_start_error() {
    let runs = Runs::default();
    for path in ["/approvals", "/approvals/mcp"] {
        let config = Config::new(format!("https://a.example{path}")).with_issuer(ISSUER);
        let told = error(server(&runs), config);
        assert!(told.contains("pages of approvals"), "{path}: {told}");
    }
}

#[tokio::test]
async fn confirm_and_approve_on_one_item_and_approve_on_a_public_one_are_start_errors() {
    for (access, expected) in [
        (
            access!(authenticated, approve = "Sure?").confirm("Sure?"),
            "both `confirm` and `approve`",
        ),
        (
            access!(public).approve("Sure?"),
            "it has no signed-in user who could approve it",
        ),
        (
            access!(authenticated).approve("Delete {nr?"),
            "`approve` of the tool `a` names",
        ),
    ] {
        let gate = HandlerGate::builder("a").tool("a", access);
        let told = gate
            .build_unseen(config().with_issuer(ISSUER))
            .err()
            .unwrap();
        assert!(told.to_string().contains(expected), "{told}");
    }
}

#[tokio::test]
async fn a_server_without_a_page_does_not_start() {
    let server = server(&Runs::default());
    let told = server.serve_stdio(toolgate::LocalCaller::named("a")).await;
    let told = told.unwrap_err().to_string();
    assert!(
        told.contains("standard input and output has no page"),
        "{told}"
    );
    assert!(told.contains("use `confirm`"), "{told}");
}

#[tokio::test]
async fn two_servers_at_one_place_need_prefixes() {
    let runs = Runs::default();
    let at = |path: &str| Config::new(format!("https://a.example{path}/mcp")).with_issuer(ISSUER);
    let mount = |one: Config, other: Config| {
        let servers = toolgate::Mount::new()
            .server(server(&runs), one)
            .server(server(&runs), other);
        servers.into_router()
    };
    let told = mount(at("/one"), at("/two")).unwrap_err().to_string();
    assert!(told.contains("/approvals/{id}"), "{told}");
    assert!(told.contains("path prefix"), "{told}");
    let (one, two) = (
        at("/one").with_path_prefix("/one"),
        at("/two").with_path_prefix("/two"),
    );
    assert!(mount(one, two).is_ok());
}

#[tokio::test]
async fn the_documents_say_that_an_item_is_approved() {
    let desk = Desk::start().await;
    let page = HttpResponse::of(reqwest::Client::new().get(desk.server.url("/docs"))).await;
    assert!(
        page.text
            .contains("after you approved it on a page of this server")
    );
    let table = server(&Runs::default()).access_table().to_string();
    assert!(
        table.contains("tool delete: list:write; approved by the user on the page of the server"),
        "{table}"
    );
    let table = server(&Runs::default()).access_table();
    let explained = table.explain("delete", None, toolgate::auth::UnixTime::from_seconds(0));
    assert!(
        explained
            .unwrap()
            .to_string()
            .contains("open    approve: not evaluated")
    );
}
