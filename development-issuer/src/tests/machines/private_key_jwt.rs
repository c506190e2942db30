use super::*;

struct Signer {
    key: SigningKey,
    id: String,
}

impl Signer {
    async fn register(world: &World) -> Self {
        let key = SigningKey::generate().unwrap();
        let metadata = json!({
            "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": key.jwks(),
        });
        let machine = Machine::register(world, metadata).await;
        assert_eq!(machine.secret, "");
        Self {
            key,
            id: machine.id,
        }
    }

    /// Signs an assertion with these changes; `null` removes a claim.
    fn assertion(&self, changes: Value) -> String {
        let mut claims = json!({
            "iss": self.id, "sub": self.id, "aud": ORIGIN, "jti": "one",
            "iat": START, "exp": START + 60,
        });
        let members = claims.as_object_mut().unwrap();
        members.extend(changes.as_object().unwrap().clone());
        members.retain(|_, value| !value.is_null());
        self.key
            .sign_as("client-authentication+jwt", &claims)
            .unwrap()
    }
}

async fn ask(world: &World, assertion: &str, changes: &[(&str, &str)]) -> TestResponse {
    let form = changed(
        &[
            ("grant_type", "client_credentials"),
            ("client_assertion_type", JWT_ASSERTION),
            ("client_assertion", assertion),
        ],
        changes,
    );
    send(world, "/development/token", None, &form).await
}

#[tokio::test]
async fn a_program_proves_its_key_and_names_itself_in_the_assertion_alone() {
    let world = World::new();
    let signer = Signer::register(&world).await;
    let answer = ask(&world, &signer.assertion(json!({})), &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(world.claims(&answer)["sub"], signer.id);
    let named = signer.assertion(json!({"jti": "two", "aud": [ORIGIN]}));
    let answer = ask(&world, &named, &[("client_id", &signer.id)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn an_assertion_is_used_once() {
    let world = World::new();
    let signer = Signer::register(&world).await;
    let assertion = signer.assertion(json!({}));
    assert_eq!(ask(&world, &assertion, &[]).await.status, StatusCode::OK);
    ask(&world, &assertion, &[])
        .await
        .is_error("invalid_client");
    // The same id in another assertion is a replay, too; that of another client is not.
    let again = signer.assertion(json!({"exp": START + 61}));
    ask(&world, &again, &[]).await.is_error("invalid_client");
    let other = Signer::register(&world).await;
    let of_other = other.assertion(json!({}));
    assert_eq!(ask(&world, &of_other, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_assertion_for_another_server_client_or_time_is_refused() {
    let world = World::new();
    let signer = Signer::register(&world).await;
    let other = Signer::register(&world).await;
    for changes in [
        json!({"aud": null}),
        json!({"aud": "https://as.example"}),
        json!({"aud": [ORIGIN, "https://as.example"]}),
        json!({"aud": []}),
        json!({"aud": format!("{ORIGIN}/")}),
        // draft-ietf-oauth-rfc7523bis: an endpoint is no audience.
        json!({"aud": format!("{ORIGIN}/development/token")}),
        json!({"iss": other.id}),
        json!({"sub": other.id}),
        json!({"iss": other.id, "sub": other.id}),
        json!({"iss": null}),
        json!({"jti": null}),
        json!({"jti": ""}),
        json!({"jti": 1}),
        json!({"jti": "x".repeat(300)}),
        json!({"exp": null}),
        json!({"exp": START}),
        json!({"exp": START + 3_600}),
        json!({"exp": "1900000000"}),
        json!({"iat": START + 300}),
        json!({"nbf": START + 300}),
    ] {
        let answer = ask(&world, &signer.assertion(changes.clone()), &[]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{changes}");
        answer.is_error("invalid_client");
    }
    let good = signer.assertion(json!({}));
    for changes in [
        &[("client_assertion_type", "")][..],
        &[("client_assertion_type", "jwt")],
        &[("client_id", &*other.id)],
        &[("client_assertion", "a.b.c")],
    ] {
        ask(&world, &good, changes).await.is_error("invalid_client");
    }
    ask(&world, &good, &[("client_secret", "x")])
        .await
        .is_error("invalid_request");
}

#[tokio::test]
async fn a_forged_or_confused_assertion_is_refused() {
    let world = World::new();
    let signer = Signer::register(&world).await;
    let good = signer.assertion(json!({}));
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    let encode = |text: &str| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(text);
    let none = encode(r#"{"alg":"none"}"#);
    let symmetric = encode(r#"{"alg":"HS256"}"#);
    let critical = encode(r#"{"alg":"ES256","crit":["x"],"x":1}"#);
    let claims_of = |typ| {
        let claims = json!({
            "iss": signer.id, "sub": signer.id, "aud": ORIGIN, "jti": "t", "exp": START + 60,
        });
        signer.key.sign_as(typ, &claims).unwrap()
    };
    for forged in [
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{symmetric}.{claims}.{signature}"),
        format!("{critical}.{claims}.{signature}"),
        format!("{header}.{claims}.{}", &signature[1..]),
        message.to_owned(),
        // Tokens of other types that the client may have signed.
        claims_of("dpop+jwt"),
        claims_of("oauth-id-jag+jwt"),
        claims_of("at+jwt"),
    ] {
        let answer = ask(&world, &forged, &[]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{forged}");
    }
    assert_eq!(ask(&world, &good, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn only_one_public_key_of_a_known_type_is_registered() {
    let world = World::new();
    let key = SigningKey::generate().unwrap().jwks()["keys"][0].clone();
    let with = |name: &str, value: Value| {
        let mut key = key.clone();
        key[name] = value;
        json!({"keys": [key]})
    };
    for set in [
        Value::Null,
        json!({}),
        json!({"keys": []}),
        json!({"keys": [key, key]}),
        with("d", json!("AQ")),
        with("kty", json!("oct")),
        with("crv", json!("P-521")),
        with("x", json!("AQ")),
        json!({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}),
    ] {
        let metadata = json!({
            "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": set,
        });
        let answer = world.register_as(&metadata).await;
        answer.is_error("invalid_client_metadata");
    }
    for method in ["none", "tls_client_auth", "client_secret_jwt"] {
        let metadata = json!({
            "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": method,
        });
        let answer = world.register_as(&metadata).await;
        answer.is_error("invalid_client_metadata");
    }
}
