//! Clients whose identifier is a URL, which the server fetches.

use super::{embedding_server::Document, *};

/// An issuer whose server has documents at this origin.
fn world_with_documents() -> (String, World) {
    let world = World::new();
    let origin = "http://127.0.0.1:4000".to_owned();
    let serve = |path: &str, document| world.server.serve(format!("{origin}/{path}"), document);
    let document = |name: &str, change: Value| {
        let mut document = json!({
            "client_id": format!("{origin}/{name}"),
            "client_name": "Documented",
            "redirect_uris": [CALLBACK],
        });
        let members = document.as_object_mut().unwrap();
        members.extend(change.as_object().unwrap().clone());
        Document::Text(document.to_string())
    };
    serve("good", document("good", json!({})));
    serve("other", document("good", json!({})));
    let huge = json!({"padding": "x".repeat(17 * 1024)});
    serve("huge", document("huge", huge));
    serve("secret", document("secret", json!({"client_secret": "s"})));
    serve("refused", Document::Refused("it answered 404"));
    serve("text", Document::Text("text".to_owned()));
    serve("slow", Document::Pending);
    (origin, world)
}

/// Returns the parameter of the link with which the person permits the fetch.
fn agreed(world: &World, client: &str) -> String {
    let seal = &world.issuer.state.seal;
    seal.close(sealed_values::Purpose::Document, client.as_bytes())
}

/// Sends an authorization request after the person followed that link.
async fn authorize(world: &World, client: &str, changes: &[(&str, &str)]) -> TestResponse {
    let agreed = agreed(world, client);
    let mut changes = changes.to_vec();
    changes.push(("described_here", &agreed));
    world.authorize(client, &changes).await
}

#[tokio::test]
async fn a_client_is_known_by_its_document() {
    let (origin, world) = world_with_documents();
    let client = format!("{origin}/good");
    let page = authorize(&world, &client, &[]).await;
    page.is_page(StatusCode::OK, "Allow Documented to use todo?");
    let host = origin.strip_prefix("http://").unwrap();
    assert!(
        page.text
            .contains(&format!("Only {host} can have written that"))
    );
    let code = world.allow(&page).await.redirected()["code"].clone();
    let answer = world.exchange(&client, &code, &[]).await;
    assert_eq!(world.claims(&answer)["client_id"], client.as_str());

    authorize(&world, &client, &[]).await;
    assert_eq!(world.server.fetches(), 1, "not fetched again immediately");
    world.server.pass(60);
    authorize(&world, &client, &[]).await;
    assert_eq!(world.server.fetches(), 2, "but fetched again later");
}

/// Any page can send the browser here, and a program on this machine may trust local
/// requests, so nothing is fetched from it before the person permits it (SSRF).
#[tokio::test]
async fn no_document_is_fetched_from_loopback_without_permission() {
    let (origin, world) = world_with_documents();
    let client = format!("{origin}/good");
    for changes in [&[][..], &[("known", "yes")], &[("known", client.as_str())]] {
        let page = world.authorize(&client, changes).await;
        page.is_page(StatusCode::OK, "Ask a program on this computer?");
        assert!(page.text.contains(&client));
    }
    assert_eq!(world.server.fetches(), 0);

    let page = world.authorize(&client, &[("prompt", "consent")]).await;
    let (_, link) = page.text.split_once("href=\"").unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&");
    assert!(link.starts_with("/development/authorize?"), "{link}");
    world
        .get(&link)
        .await
        .is_page(StatusCode::OK, "Allow Documented to use todo?");
    assert_eq!(world.server.fetches(), 1);
}

#[tokio::test]
async fn a_redirect_uri_that_the_document_does_not_list_is_refused() {
    let (origin, world) = world_with_documents();
    let changes = [("redirect_uri", "http://localhost:3118/other")];
    let answer = authorize(&world, &format!("{origin}/good"), &changes).await;
    answer.is_page(StatusCode::BAD_REQUEST, "did not register the redirect URI");
}

#[tokio::test]
async fn a_document_of_another_client_is_refused() {
    let (origin, world) = world_with_documents();
    for (path, part) in [
        ("other", "names another client_id"),
        ("huge", "too large"),
        ("secret", "client_secret"),
        ("refused", "cannot be fetched: it answered 404."),
        ("text", "not a JSON object"),
    ] {
        let answer = authorize(&world, &format!("{origin}/{path}"), &[]).await;
        answer.is_page(StatusCode::BAD_REQUEST, part);
    }
    let closed = authorize(&world, "http://127.0.0.1:1/client.json", &[]).await;
    closed.is_page(StatusCode::BAD_REQUEST, "cannot be fetched");
}

/// Without this, applications with such an identifier could not log in offline. For a
/// loopback redirect the document proves little, because any local program can listen there.
/// A client whose document is unreachable therefore counts as a plain registration, and only
/// with a loopback redirect.
#[tokio::test]
async fn a_client_with_an_unreachable_document_is_unverified_and_on_loopback_only() {
    let world = World::new();
    let client = "https://client.invalid/oauth/client.json";
    let page = world.authorize(client, &[]).await;
    for part in [
        "Allow an application of client.invalid (not verified) to use todo?",
        client,
        "which cannot be reached from here",
        "This is not verified",
    ] {
        page.is_page(StatusCode::OK, part);
    }
    assert!(!page.text.contains("can have written that"));
    let code = world.allow(&page).await.redirected()["code"].clone();
    let answer = world.exchange(client, &code, &[]).await;
    assert_eq!(world.claims(&answer)["client_id"], client);

    for redirect in ["https://client.invalid/cb", "app:/cb", ""] {
        let page = world.authorize(client, &[("redirect_uri", redirect)]).await;
        page.is_page(StatusCode::BAD_REQUEST, "cannot be fetched");
    }
}

#[tokio::test]
async fn the_issuer_does_not_fetch_from_itself() {
    let world = World::new();
    let client = format!("{ORIGIN}/development/jwks");
    let answer = authorize(&world, &client, &[]).await;
    answer.is_page(StatusCode::BAD_REQUEST, "development issuer itself");
}

#[tokio::test]
async fn slow_document_requests_are_limited() {
    let (origin, world) = world_with_documents();
    let world = Arc::new(world);
    let client = format!("{origin}/slow");
    let ask = || {
        let (world, client) = (Arc::clone(&world), client.clone());
        tokio::spawn(async move { authorize(&world, &client, &[]).await })
    };
    let waiting: Vec<_> = (0..4).map(|_| ask()).collect();
    while world.issuer.state.documents.permits_left() > 0 {
        tokio::task::yield_now().await;
    }
    let answer = ask().await.unwrap();
    answer.is_page(StatusCode::BAD_REQUEST, "Too many");
    for one in waiting {
        one.abort();
    }
}
