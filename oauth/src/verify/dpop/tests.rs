use serde_json::{Value, json};

use super::{
    super::tests::{
        settable_clock::SettableClock,
        tokens::{Mint, NOW},
    },
    *,
};
const HERE: &str = "https://r/mcp";

struct Fixture {
    mint: Mint,
    clock: SettableClock,
    proofs: Proofs,
}

const TIMES: ProofTimes = ProofTimes {
    age: Duration::from_secs(60),
    ahead: Duration::ZERO,
    leeway: Duration::from_secs(30),
};

/// A server that started long ago.
fn fixture(nonces: Option<Nonces>) -> Fixture {
    started(NOW - 1000, nonces)
}

/// A server that started at this time.
fn started(start: u64, nonces: Option<Nonces>) -> Fixture {
    let clock = SettableClock::at(start);
    let fixture = Fixture {
        mint: Mint::new("k"),
        proofs: Proofs::new(
            [HERE],
            vec![Algorithm::Es256],
            TIMES,
            nonces,
            Arc::new(clock.clone()),
        ),
        clock,
    };
    fixture.clock.set(NOW);
    fixture
}

impl Fixture {
    fn proof(&self, change: Value) -> String {
        let header = json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": self.mint.jwk()});
        let mut claims = json!({"jti": "1", "htm": "POST", "htu": HERE, "iat": NOW});
        let members = claims.as_object_mut().unwrap();
        members.extend(change.as_object().unwrap().clone());
        self.mint.sign(&header.to_string(), &claims.to_string())
    }

    /// A valid proof with white space, of exactly this many characters. Base64 does not
    /// have every length, but two parts together do.
    fn proof_of_length(&self, length: usize) -> String {
        let header = json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": self.mint.jwk()});
        let claims = json!({"jti": length.to_string(), "htm": "POST", "htu": HERE, "iat": NOW});
        let padded = |some: usize, more: usize| {
            let (header, claims) = (header.to_string(), claims.to_string());
            self.mint.sign(
                &format!("{header}{}", " ".repeat(some)),
                &format!("{claims}{}", " ".repeat(more)),
            )
        };
        let least = (length - padded(0, 0).len()) * 3 / 4 - 4;
        (0..3)
            .flat_map(|some| (least..least + 8).map(move |more| (some, more)))
            .map(|(some, more)| padded(some, more))
            .find(|proof| proof.len() == length)
            .expect("one of them")
    }

    fn says(&self, proof: &str) -> Result<(), ProofError> {
        self.says_of(proof, None)
    }

    fn says_of(&self, proof: &str, token: Option<&BearerToken>) -> Result<(), ProofError> {
        let shown = DpopRequest {
            method: "POST",
            proof: Header::One(proof.as_bytes()),
        };
        let about = ProofRequirements { token, key: None };
        self.proofs.verify(&shown, &about, "alice").map(drop)
    }
}

#[tokio::test]
async fn a_proofs_time_is_validated_to_the_second() {
    let fixture = fixture(None);
    for (change, error) in [
        (json!({"iat": NOW - 90}), None),
        (json!({"iat": NOW - 91}), Some("the proof is too old")),
        (json!({"iat": NOW + 30}), None),
        (
            json!({"iat": NOW + 31}),
            Some("the proof is from the future"),
        ),
        (json!({"exp": NOW - 29}), None),
        (json!({"exp": NOW - 30}), Some("the proof is too old")),
        (json!({"nbf": NOW + 30}), None),
        (
            json!({"nbf": NOW + 31}),
            Some("the proof is from the future"),
        ),
    ] {
        let mut claims = change.clone();
        claims["jti"] = json!(change.to_string());
        let expected = match error {
            Some(error) => Err(ProofError::Invalid(error)),
            None => Ok(()),
        };
        assert_eq!(fixture.says(&fixture.proof(claims)), expected, "{change}");
    }
}

const BEFORE: &str =
    "the proof was made before this server started, and may have been used then: make a new proof";

#[tokio::test]
async fn a_proof_of_before_the_start_counts_only_with_a_nonce_of_this_process() {
    let fixture = started(NOW - 5, None);
    for (made, expected) in [
        (NOW - 90, Err(ProofError::Invalid(BEFORE))),
        (NOW - 6, Err(ProofError::Invalid(BEFORE))),
        (NOW - 5, Ok(())),
        (NOW, Ok(())),
    ] {
        let proof = fixture.proof(json!({"iat": made, "jti": made.to_string()}));
        assert_eq!(fixture.says(&proof), expected, "{made}");
    }
    // A client whose clock is 10 s behind is served 10 s after the start.
    fixture.clock.set(NOW + 5);
    let proof = fixture.proof(json!({"iat": NOW - 5, "jti": "behind"}));
    assert_eq!(fixture.says(&proof), Ok(()));

    for (nonces, expected) in [
        (Nonces::generate().unwrap(), Ok(())),
        (Nonces::with_key(&[7; 32]), Err(ProofError::WantsNonce)),
    ] {
        let fixture = started(NOW, Some(nonces));
        let nonce = fixture.proofs.nonce().unwrap();
        let proof =
            |iat: u64| fixture.proof(json!({"iat": iat, "jti": iat.to_string(), "nonce": nonce}));
        assert_eq!(fixture.says(&proof(NOW - 20)), expected);
        assert_eq!(fixture.says(&proof(NOW)), Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_proof_counts_once_from_the_first_moment_to_the_last() {
    let fixture = fixture(None);
    // The client's clock is as far ahead as the leeway allows.
    let proof = fixture.proof(json!({"iat": NOW + 30}));
    assert_eq!(fixture.says(&proof), Ok(()));
    for passed in 1..=120 {
        fixture.clock.set(NOW + passed);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(
            fixture.says(&proof),
            Err(ProofError::Invalid("the proof was used before")),
            "{passed}"
        );
    }
    fixture.clock.set(NOW + 121);
    assert_eq!(
        fixture.says(&proof),
        Err(ProofError::Invalid("the proof is too old"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_proof_counts_once_in_the_last_fraction_of_its_last_second_too() {
    let fixture = fixture(None);
    let passes = async |millis, second| {
        tokio::time::advance(Duration::from_millis(millis)).await;
        fixture.clock.set(NOW + second);
    };
    // As early as it can be accepted, just before older proofs are dropped.
    let proof = fixture.proof(json!({"iat": NOW + 30}));
    passes(119_900, 0).await;
    assert_eq!(fixture.says(&proof), Ok(()));
    // Other proofs come and go.
    for (millis, second) in [(100, 0), (120_000, 120)] {
        passes(millis, second).await;
        let other = json!({"jti": second.to_string(), "iat": NOW + second});
        assert_eq!(fixture.says(&fixture.proof(other)), Ok(()));
    }
    passes(800, 120).await;
    assert_eq!(
        fixture.says(&proof),
        Err(ProofError::Invalid("the proof was used before"))
    );
}

#[tokio::test]
async fn what_does_not_hold_takes_no_room() {
    let fixture = fixture(Some(Nonces::generate().unwrap()));
    let stale = fixture.proof(json!({"jti": "one"}));
    assert_eq!(fixture.says(&stale), Err(ProofError::WantsNonce));
    assert_eq!(fixture.says(&stale), Err(ProofError::WantsNonce));
    // The same `jti` again, now with everything required.
    let nonce = fixture.proofs.nonce().unwrap();
    let good = fixture.proof(json!({"jti": "one", "nonce": nonce}));
    assert_eq!(fixture.says(&good), Ok(()));
    assert_eq!(
        fixture.says(&good),
        Err(ProofError::Invalid("the proof was used before"))
    );
}

#[tokio::test]
async fn a_nonce_that_has_grown_old_is_asked_for_anew() {
    let fixture = fixture(Some(Nonces::generate().unwrap()));
    let nonce = fixture.proofs.nonce().unwrap();
    for (passed, jti, accepted) in [(0, "a", true), (239, "b", true), (240, "c", false)] {
        fixture.clock.set(NOW + passed);
        let proof = fixture.proof(json!({"jti": jti, "iat": NOW + passed, "nonce": nonce}));
        let expected = if accepted {
            Ok(())
        } else {
            Err(ProofError::WantsNonce)
        };
        assert_eq!(fixture.says(&proof), expected, "{passed}");
    }
}

#[tokio::test]
async fn the_key_is_validated_before_all_else_that_a_proof_says() {
    let fixture = fixture(None);
    let proof = fixture.proof(json!({"htm": "GET"}));
    let shown = DpopRequest {
        method: "POST",
        proof: Header::One(proof.as_bytes()),
    };
    let about = ProofRequirements {
        token: None,
        key: Some(Thumbprint::from_digest([0; 32])),
    };
    let judged = fixture.proofs.verify(&shown, &about, "alice").map(drop);
    assert_eq!(judged, Err(ProofError::OtherKey));
}

#[tokio::test]
async fn a_proof_beside_a_token_has_to_be_about_that_token() {
    let fixture = fixture(None);
    let token = BearerToken::new("token").unwrap();
    // The SHA-256 of these five letters (RFC 9449 §4.2).
    let right = "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A";
    for (ath, expected) in [
        (json!(right), Ok(())),
        (
            json!("x"),
            Err(ProofError::Invalid("the proof's ath is not the token's")),
        ),
        (
            json!(""),
            Err(ProofError::Invalid("the proof's ath is not the token's")),
        ),
    ] {
        let proof = fixture.proof(json!({"jti": ath.to_string(), "ath": ath}));
        assert_eq!(fixture.says_of(&proof, Some(&token)), expected, "{ath}");
    }
    let none = fixture.proof(json!({"jti": "none"}));
    assert_eq!(
        fixture.says_of(&none, Some(&token)),
        Err(ProofError::Invalid("the proof has no ath"))
    );
}

#[tokio::test]
async fn a_proof_by_another_key_than_it_brings_is_none() {
    let fixture = fixture(None);
    let header = json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": fixture.mint.jwk()});
    let claims = json!({"jti": "1", "htm": "POST", "htu": HERE, "iat": NOW});
    let proof = Mint::new("k").sign(&header.to_string(), &claims.to_string());
    assert_eq!(
        fixture.says(&proof),
        Err(ProofError::Invalid(
            "the proof's signature does not match its key"
        ))
    );
}

#[tokio::test]
async fn a_proof_and_its_name_are_as_long_as_they_may_be_and_no_longer() {
    let fixture = fixture(None);
    let error = |text| Err(ProofError::Invalid(text));
    for (length, expected) in [
        (0, error("the proof's jti is empty or too long")),
        (1, Ok(())),
        (256, Ok(())),
        (257, error("the proof's jti is empty or too long")),
        (999, error("the proof's jti is empty or too long")),
    ] {
        let proof = fixture.proof(json!({"jti": "x".repeat(length)}));
        assert_eq!(fixture.says(&proof), expected, "{length}");
    }
    for (length, expected) in [
        (8192, Ok(())),
        (8193, error("the proof is too long")),
        (9999, error("the proof is too long")),
    ] {
        let proof = fixture.proof_of_length(length);
        assert_eq!(proof.len(), length);
        assert_eq!(fixture.says(&proof), expected, "{length}");
    }
}

#[test]
fn an_endpoint_without_an_address_takes_no_proof() {
    let clock = SettableClock::at(NOW);
    let proofs = Proofs::new(
        ["not an address"],
        Algorithm::ALL.to_vec(),
        TIMES,
        None,
        Arc::new(clock),
    );
    assert!(proofs.targets.is_empty());
}
