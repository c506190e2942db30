//! A server, those whom it trusts, and one whom it does not.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use support::{
    ImitationIssuer, SigningKey, TokenBuilder,
    client::{Client, Revision},
    desk::{self, Runs},
    server::Running,
};
use toolgate::{ClientAuthentication, Introspection, Issuer};

use crate::strict;

/// Everything that an attack can touch.
pub(crate) struct World {
    client: Client,
    pub(crate) running: Running,
    pub(crate) runs: Runs,
    /// The issuer that the server trusts.
    pub(crate) issuer: ImitationIssuer,
    /// A second one; in an opaque world it is asked about tokens.
    pub(crate) second: ImitationIssuer,
    /// The attacker's own.
    pub(crate) evil: ImitationIssuer,
    /// Keys of the trusted issuer that must verify nothing.
    pub(crate) odd: Odd,
    /// The client's own key, to which its issuer binds tokens.
    pub(crate) holder: SigningKey,
}

/// Keys that an issuer publishes for other purposes, or by mistake.
pub(crate) struct Odd {
    pub(crate) encryption: SigningKey,
    pub(crate) wrapping: SigningKey,
    pub(crate) other_algorithm: SigningKey,
    pub(crate) secret: SigningKey,
    pub(crate) withdrawn: SigningKey,
}

impl World {
    /// One of JWTs.
    pub(crate) async fn of_jwts() -> Self {
        Self::start(|name| Issuer::new(name)).await
    }

    /// One of whose second issuer as much is asked as can be.
    pub(crate) async fn of_a_strict_issuer() -> Self {
        Self::start(strict::issuer).await
    }

    /// One whose second issuer is asked about tokens that are no JWTs.
    pub(crate) async fn of_opaque_tokens() -> Self {
        Self::start(|name| {
            let client = ClientAuthentication::basic("desk", "s3cr3t");
            let introspection = Introspection::new(client).with_cache(Duration::ZERO);
            Issuer::new(name).with_introspection(introspection)
        })
        .await
    }

    async fn start(second_issuer: impl Fn(&str) -> Issuer) -> Self {
        let issuer = ImitationIssuer::start().await;
        let second = ImitationIssuer::start().await;
        let odd = Odd {
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
            with(&odd.encryption, json!({"use": "enc"})),
            with(&odd.wrapping, json!({"use": null, "key_ops": ["wrapKey"]})),
            with(&odd.other_algorithm, json!({"alg": "RSA-OAEP"})),
            odd.secret.jwk(),
            {"kty": "EC", "crv": "P-256", "kid": "broken", "x": "AA", "y": "AA"},
            {"kty": "AKP", "kid": "of the future"},
            "no key at all",
        ]}));
        let runs = Runs::default();
        let running = Running::start(desk::closed_unverified_server(&runs), |config| {
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
            evil: ImitationIssuer::start().await,
            odd,
            holder: SigningKey::p256("holder"),
        }
    }

    /// A client that does nothing wrong by itself.
    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// A token that is good for `read`.
    pub(crate) fn good(&self) -> TokenBuilder<'_> {
        self.aimed(self.issuer.token())
    }

    /// A token for this server, with the scope that `read` needs.
    pub(crate) fn aimed<'a>(&self, token: TokenBuilder<'a>) -> TokenBuilder<'a> {
        token.audience(&self.running.resource()).scope("desk:read")
    }

    /// A good token but for this claim; `null` removes it.
    pub(crate) fn claim(&self, name: &str, value: Value) -> String {
        self.good().claim(name, value).build()
    }

    /// A good token but for these claims.
    pub(crate) fn claims(&self, change: Value) -> String {
        let token = self.good();
        let mut claims = token.claims().clone();
        let members = claims.as_object_mut().expect("claims");
        members.extend(change.as_object().expect("a change").clone());
        token.claims_text(&claims.to_string()).build()
    }

    /// A good token whose claims have this text in front: `"iss":"x",`.
    pub(crate) fn claims_begin(&self, text: &str) -> String {
        let token = self.good();
        let claims = token.claims().to_string();
        token
            .claims_text(&format!("{{{text}{}", &claims[1..]))
            .build()
    }

    /// A good token but for this parameter of its header; `null` removes it.
    pub(crate) fn header(&self, name: &str, value: Value) -> String {
        self.good().header(name, value).build()
    }

    /// A good token with exactly this header.
    pub(crate) fn header_text(&self, text: &str) -> String {
        self.good().header_text(text).build()
    }

    /// A good token with exactly these claims.
    pub(crate) fn claims_text(&self, text: &str) -> String {
        self.good().claims_text(text).build()
    }

    /// A good token, signed with this key and named like it.
    pub(crate) fn signed(&self, key: &SigningKey) -> String {
        self.signed_as(key, key.algorithm())
    }

    /// A good token, signed with this key by this algorithm and named like it.
    pub(crate) fn signed_as(&self, key: &SigningKey, alg: &str) -> String {
        // The builder borrows the key for no longer than it builds.
        self.aimed(TokenBuilder::new(self.issuer.url(), key))
            .alg(alg)
            .build()
    }

    /// A good token of this key whose signature was changed.
    pub(crate) fn resigned(&self, key: &SigningKey, change: fn(&mut Vec<u8>)) -> String {
        let token = self.signed(key);
        let (message, signature) = token.rsplit_once('.').expect("three parts");
        let mut signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        change(&mut signature);
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// A good token, one of whose parts was changed as text.
    pub(crate) fn spelled(&self, part: usize, change: fn(&str) -> String) -> String {
        let token = self.good().build();
        let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
        parts[part] = change(&parts[part]);
        parts.join(".")
    }

    /// An opaque token about which the second issuer says this, beside what is good.
    pub(crate) fn opaque(&self, name: &str, change: Value) -> String {
        let mut answer = self.second.active(&self.running.resource(), "desk:read");
        let members = answer.as_object_mut().expect("an answer");
        members.extend(change.as_object().expect("a change").clone());
        members.retain(|_, value| !value.is_null());
        self.second.know(name, answer);
        name.to_owned()
    }

    /// What time it is for the tokens, in seconds.
    pub(crate) fn now(&self) -> u64 {
        self.issuer.token().claims()["iat"]
            .as_u64()
            .expect("a time")
    }

    /// How often the attacker's own issuer was asked anything.
    pub(crate) fn asked_evil(&self) -> usize {
        self.evil.metadata_requests()
            + self.evil.jwks_requests()
            + self.evil.other_requests()
            + self.evil.questions().len()
    }
}
