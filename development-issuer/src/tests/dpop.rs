use super::*;

const TOKEN: &str = "/development/token";

/// A client's key.
struct Key(Thumbprint);

impl Key {
    fn new() -> Self {
        let name = sealed_values::random().unwrap();
        Self(Thumbprint::new(grant_store::digest(&name)))
    }

    /// Builds a proof that is valid once.
    fn proof(&self) -> String {
        let id = sealed_values::random().unwrap();
        format!("{} {id}", self.thumbprint())
    }

    fn thumbprint(&self) -> String {
        self.0.encode()
    }
}

impl World {
    async fn ask(&self, form: &[(&str, &str)], proofs: &[&str]) -> TestResponse {
        let mut request = request("POST", TOKEN)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for proof in proofs {
            request = request.header("dpop", *proof);
        }
        self.send(request.body(Body::from(query(form))).unwrap())
            .await
    }

    async fn exchange_with(&self, client: &str, code: &str, proofs: &[&str]) -> TestResponse {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", CALLBACK),
        ];
        self.ask(&form, proofs).await
    }

    async fn refresh_with(&self, client: &str, token: &str, proofs: &[&str]) -> TestResponse {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client),
            ("refresh_token", token),
        ];
        self.ask(&form, proofs).await
    }
}

fn text(answer: &TestResponse, name: &str) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()[name].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_proof_binds_the_token_and_response_and_introspection_name_the_key() {
    let (world, key) = (World::new(), Key::new());
    let client = world.client(CALLBACK).await;
    let code = world.code(&client, &[]).await;
    let proof = key.proof();
    let answer = world.exchange_with(&client, &code, &[&proof]).await;
    assert_eq!(text(&answer, "token_type"), "DPoP");
    let bound = json!({"jkt": key.thumbprint()});
    assert_eq!(world.claims(&answer)["cnf"], bound);
    let token = text(&answer, "access_token");
    let described = world
        .post("/development/introspect", &[("token", &token)])
        .await
        .json();
    assert_eq!(described["cnf"], bound);
    assert_eq!(described["token_type"], "DPoP");

    let code = world.code(&client, &[]).await;
    let answer = world.exchange_with(&client, &code, &[]).await;
    assert_eq!(text(&answer, "token_type"), "Bearer");
    assert_eq!(world.claims(&answer).get("cnf"), None);
}

#[tokio::test]
async fn a_refused_proof_does_not_use_up_the_code() {
    let (world, key) = (World::new(), Key::new());
    let client = world.client(CALLBACK).await;
    let code = world.code(&client, &[]).await;
    let used = key.proof();
    let first = world.exchange_with(&client, "no code", &[&used]).await;
    first.is_error("invalid_grant");
    for proofs in [
        vec![used],
        vec![key.proof(), key.proof()],
        vec![String::new()],
    ] {
        let proofs: Vec<_> = proofs.iter().map(String::as_str).collect();
        let answer = world.exchange_with(&client, &code, &proofs).await;
        answer.is_error("invalid_dpop_proof");
    }
    let proof = key.proof();
    let answer = world.exchange_with(&client, &code, &[&proof]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn an_intercepted_code_is_refused_without_the_announced_key() {
    let (world, key, thief) = (World::new(), Key::new(), Key::new());
    let client = world.client(CALLBACK).await;
    let named = key.thumbprint();
    let stolen = thief.proof();
    for proofs in [vec![], vec![stolen.as_str()]] {
        let code = world.code(&client, &[("dpop_jkt", &named)]).await;
        let answer = world.exchange_with(&client, &code, &proofs).await;
        answer.is_error("invalid_grant");
        // Any request with a code uses it up.
        let proof = key.proof();
        let answer = world.exchange_with(&client, &code, &[&proof]).await;
        answer.is_error("invalid_grant");
    }
    let code = world.code(&client, &[("dpop_jkt", &named)]).await;
    let proof = key.proof();
    let answer = world.exchange_with(&client, &code, &[&proof]).await;
    assert_eq!(text(&answer, "token_type"), "DPoP");
}

#[tokio::test]
async fn an_invalid_thumbprint_is_refused_at_the_authorization_endpoint() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    for wrong in ["x", "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4J"] {
        let answer = world.authorize(&client, &[("dpop_jkt", wrong)]).await;
        assert_eq!(answer.redirected()["error"], "invalid_request", "{wrong}");
    }
}

#[tokio::test]
async fn a_refresh_token_belongs_to_the_key_that_it_was_issued_to() {
    let (world, key, thief) = (World::new(), Key::new(), Key::new());
    let client = world.client(CALLBACK).await;
    let code = world
        .code(&client, &[("scope", "todo:read offline_access")])
        .await;
    let proof = key.proof();
    let answer = world.exchange_with(&client, &code, &[&proof]).await;
    let refresh = text(&answer, "refresh_token");
    let stolen = thief.proof();
    for proofs in [vec![], vec![stolen.as_str()]] {
        let answer = world.refresh_with(&client, &refresh, &proofs).await;
        answer.is_error("invalid_grant");
    }
    // An attacker without the key has neither used it up nor revoked its family.
    let proof = key.proof();
    let answer = world.refresh_with(&client, &refresh, &[&proof]).await;
    assert_eq!(text(&answer, "token_type"), "DPoP");
    assert_eq!(
        world.claims(&answer)["cnf"],
        json!({"jkt": key.thumbprint()})
    );
    let next = text(&answer, "refresh_token");
    assert!(world.is_active(&next).await);
    let described = world
        .post("/development/introspect", &[("token", &next)])
        .await;
    assert_eq!(described.json()["cnf"], json!({"jkt": key.thumbprint()}));
}

#[tokio::test]
async fn a_refresh_token_is_bound_after_the_first_proof() {
    let (world, key) = (World::new(), Key::new());
    let client = world.client(CALLBACK).await;
    let code = world
        .code(&client, &[("scope", "todo:read offline_access")])
        .await;
    let answer = world.exchange_with(&client, &code, &[]).await;
    let proof = key.proof();
    let answer = world
        .refresh_with(&client, &text(&answer, "refresh_token"), &[&proof])
        .await;
    assert_eq!(text(&answer, "token_type"), "DPoP");
    let answer = world
        .refresh_with(&client, &text(&answer, "refresh_token"), &[])
        .await;
    answer.is_error("invalid_grant");
}

#[tokio::test]
async fn the_document_names_the_algorithms_of_proofs() {
    let world = World::new();
    let document = world
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    let algorithms = document["dpop_signing_alg_values_supported"].as_array();
    assert!(algorithms.unwrap().contains(&json!("ES256")));
}
