//! A server, its trusted issuers, and an attacker's issuer.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use support::{
    MockIssuer, SigningKey, TokenBuilder,
    client::{Client, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
};
use toolgate::issuer::{ClientAuthentication, Introspection, Issuer};

use crate::strict_profile;

/// Everything that an attack can use.
pub(crate) struct Fixture {
    client: Client,
    pub(crate) running: RunningServer,
    pub(crate) runs: Runs,
    /// The issuer that the server trusts.
    pub(crate) issuer: MockIssuer,
    /// A second trusted issuer; with opaque tokens the server uses its introspection.
    pub(crate) second: MockIssuer,
    /// The attacker's own issuer.
    pub(crate) evil: MockIssuer,
    /// Keys of the trusted issuer that must verify nothing.
    pub(crate) misused: MisusedKeys,
    /// The client's key; its issuer binds tokens to it.
    pub(crate) holder: SigningKey,
}

/// Keys that an issuer publishes for other purposes, or by mistake.
pub(crate) struct MisusedKeys {
    pub(crate) encryption: SigningKey,
    pub(crate) wrapping: SigningKey,
    pub(crate) other_algorithm: SigningKey,
    pub(crate) secret: SigningKey,
    pub(crate) withdrawn: SigningKey,
}

impl Fixture {
    /// Starts a fixture with JWTs.
    pub(crate) async fn with_jwts() -> Self {
        Self::start(|name| Issuer::new(name)).await
    }

    /// Starts a fixture whose second issuer has every strict setting.
    pub(crate) async fn with_strict_issuer() -> Self {
        Self::start(strict_profile::issuer).await
    }

    /// Starts a fixture whose second issuer has opaque tokens and introspection.
    pub(crate) async fn with_opaque_tokens() -> Self {
        Self::start(|name| {
            let client = ClientAuthentication::basic("desk", "s3cr3t");
            let introspection = Introspection::new(client).with_cache(Duration::ZERO);
            Issuer::new(name).with_introspection(introspection)
        })
        .await
    }

    async fn start(second_issuer: impl Fn(&str) -> Issuer) -> Self {
        let issuer = MockIssuer::start().await;
        let second = MockIssuer::start().await;
        let misused = MisusedKeys {
            encryption: SigningKey::p256("encryption"),
            wrapping: SigningKey::p256("wrapping"),
            other_algorithm: SigningKey::another_rsa("other-algorithm"),
            secret: SigningKey::secret("secret", b"a secret that should not be published"),
            withdrawn: SigningKey::p256("withdrawn"),
        };
        let with = |key: &SigningKey, change: Value| {
            let mut jwk = key.jwk();
            let members = jwk.as_object_mut().expect("a key");
            members.extend(change.as_object().expect("a change").clone());
            jwk
        };
        issuer.publish_set(json!({"keys": [
            issuer.rsa().jwk(),
            issuer.p256().jwk(),
            issuer.ed25519().jwk(),
            with(&misused.encryption, json!({"use": "enc"})),
            with(&misused.wrapping, json!({"use": null, "key_ops": ["wrapKey"]})),
            with(&misused.other_algorithm, json!({"alg": "RSA-OAEP"})),
            misused.secret.jwk(),
            {"kty": "EC", "crv": "P-256", "kid": "broken", "x": "AA", "y": "AA"},
            {"kty": "AKP", "kid": "of the future"},
            "no key at all",
        ]}));
        let runs = Runs::default();
        let running =
            RunningServer::start(tool_server::protected_unverified_server(&runs), |config| {
                config
                    .with_issuer(Issuer::new(issuer.url()))
                    .with_issuer(second_issuer(second.url()))
            })
            .await;
        Self {
            client: Client::new(running.resource(), Revision::Stateless),
            running,
            runs,
            issuer,
            second,
            evil: MockIssuer::start().await,
            misused,
            holder: SigningKey::p256("holder"),
        }
    }

    /// Returns a well-behaved client.
    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// Builds a token that is valid for `read`.
    pub(crate) fn good(&self) -> TokenBuilder<'_> {
        self.aimed(self.issuer.token())
    }

    /// Sets this server as audience, and the scope that `read` requires.
    pub(crate) fn aimed<'a>(&self, token: TokenBuilder<'a>) -> TokenBuilder<'a> {
        token.audience(&self.running.resource()).scope("desk:read")
    }

    /// Builds a valid token with this claim changed; `null` removes it.
    pub(crate) fn claim(&self, name: &str, value: Value) -> String {
        self.good().claim(name, value).build()
    }

    /// Builds a valid token with these claims changed.
    pub(crate) fn claims(&self, change: Value) -> String {
        let token = self.good();
        let mut claims = token.claims().clone();
        let members = claims.as_object_mut().expect("claims");
        members.extend(change.as_object().expect("a change").clone());
        token.claims_text(&claims.to_string()).build()
    }

    /// Builds a valid token whose claims start with this text: `"iss":"x",`.
    pub(crate) fn claims_begin(&self, text: &str) -> String {
        let token = self.good();
        let claims = token.claims().to_string();
        token
            .claims_text(&format!("{{{text}{}", &claims[1..]))
            .build()
    }

    /// Builds a valid token with this header parameter changed; `null` removes it.
    pub(crate) fn header(&self, name: &str, value: Value) -> String {
        self.good().header(name, value).build()
    }

    /// Builds a valid token with exactly this header.
    pub(crate) fn header_text(&self, text: &str) -> String {
        self.good().header_text(text).build()
    }

    /// Builds a valid token with exactly these claims.
    pub(crate) fn claims_text(&self, text: &str) -> String {
        self.good().claims_text(text).build()
    }

    /// Builds a valid token, signed with this key and with its `kid`.
    pub(crate) fn signed(&self, key: &SigningKey) -> String {
        self.signed_as(key, key.algorithm())
    }

    /// Builds a valid token, signed with this key and algorithm and with its `kid`.
    pub(crate) fn signed_as(&self, key: &SigningKey, alg: &str) -> String {
        // The builder borrows the key only while it builds.
        self.aimed(TokenBuilder::new(self.issuer.url(), key))
            .alg(alg)
            .build()
    }

    /// Builds a valid token of this key with a changed signature.
    pub(crate) fn resigned(&self, key: &SigningKey, change: fn(&mut Vec<u8>)) -> String {
        let token = self.signed(key);
        let (message, signature) = token.rsplit_once('.').expect("three parts");
        let mut signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        change(&mut signature);
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Builds a valid token with one part changed as text.
    pub(crate) fn spelled(&self, part: usize, change: fn(&str) -> String) -> String {
        let token = self.good().build();
        let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
        parts[part] = change(&parts[part]);
        parts.join(".")
    }

    /// Registers an opaque token. The second issuer returns a valid introspection response with
    /// these changes.
    pub(crate) fn opaque(&self, name: &str, change: Value) -> String {
        let mut answer = self.second.active(&self.running.resource(), "desk:read");
        let members = answer.as_object_mut().expect("an answer");
        members.extend(change.as_object().expect("a change").clone());
        members.retain(|_, value| !value.is_null());
        self.second.know(name, answer);
        name.to_owned()
    }

    /// Returns the current time for the tokens, in seconds.
    pub(crate) fn now(&self) -> u64 {
        self.issuer.token().claims()["iat"]
            .as_u64()
            .expect("a time")
    }

    /// Returns how many requests the attacker's issuer got.
    pub(crate) fn asked_evil(&self) -> usize {
        self.evil.metadata_requests()
            + self.evil.jwks_requests()
            + self.evil.other_requests()
            + self.evil.questions().len()
    }
}
