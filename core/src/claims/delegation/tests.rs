use serde_json::json;

use super::*;
use crate::{
    claims::{ClaimMapping, Claims},
    clock::UnixTime,
};

fn read(extra: Value, mapping: &ClaimMapping) -> Result<Claims, ClaimsError> {
    let mut all = json!({"iss": "https://i", "sub": "alice", "client_id": "app", "exp": 2_000});
    let members = all.as_object_mut().unwrap();
    members.extend(extra.as_object().unwrap().clone());
    Claims::from_members(members.clone(), mapping)
}

fn chain(extra: Value) -> Result<Vec<String>, ClaimsError> {
    let claims = read(extra, &ClaimMapping::default())?;
    let actors = claims.actors().iter();
    Ok(actors.map(|one| one.subject().to_owned()).collect())
}

/// A chain of this many actors, `a1` the current one.
fn nested(depth: usize) -> Value {
    let chain = (1..=depth).rev();
    chain.fold(json!({}), |inner, number| {
        let mut act = json!({"sub": format!("a{number}")});
        act.as_object_mut()
            .unwrap()
            .extend(inner.as_object().unwrap().clone());
        json!({"act": act})
    })
}

#[test]
fn the_current_actor_comes_first_wherever_its_members_are() {
    assert_eq!(chain(json!({})).unwrap(), [""; 0]);
    let same = [
        r#"{"act": {"sub": "b", "iss": "https://j", "act": {"sub": "a"}}}"#,
        r#"{"act": {"act": {"sub": "a"}, "iss": "https://j", "sub": "b"}}"#,
    ];
    for text in same {
        let extra: Value = serde_json::from_str(text).unwrap();
        let claims = read(extra, &ClaimMapping::default()).unwrap();
        let [current, earlier] = claims.actors() else {
            panic!("{claims:?}");
        };
        assert_eq!(
            (current.subject(), current.issuer()),
            ("b", Some("https://j"))
        );
        assert_eq!((earlier.subject(), earlier.issuer()), ("a", None));
    }
    let named_by_client = json!({"act": {"client_id": "agent"}});
    assert_eq!(chain(named_by_client).unwrap(), ["agent"]);
}

#[test]
fn a_chain_is_read_whole_or_not_at_all() {
    assert_eq!(chain(nested(MOST)).unwrap().len(), MOST);
    for depth in [MOST + 1, 100] {
        let error = chain(nested(depth)).unwrap_err();
        assert_eq!(error, ClaimsError::TooManyActors, "{depth}");
    }
    // Deeper than the parser of JSON goes.
    let text = nested(50).to_string();
    let deep = format!(
        r#"{{"iss":"i","exp":1,"act":{}{}{}}}"#,
        r#"{"sub":"a","act":"#.repeat(5_000),
        text,
        "}".repeat(5_000)
    );
    assert!(Claims::from_json(deep.as_bytes()).is_err());
}

#[test]
fn an_actor_that_is_not_named_is_refused_not_skipped() {
    for act in [
        json!(null),
        json!("agent"),
        json!(["agent"]),
        json!({}),
        json!({"sub": 1}),
        json!({"sub": ""}),
        json!({"sub": null, "client_id": "agent"}),
        json!({"sub": "agent", "iss": 1}),
        json!({"sub": "agent", "act": null}),
        json!({"sub": "agent", "act": {}}),
        json!({"sub": "agent", "act": {"sub": "b", "act": []}}),
    ] {
        let error = chain(json!({"act": act})).unwrap_err();
        assert_eq!(error, ClaimsError::WrongType("act".into()), "{act}");
    }
    let twice = br#"{"iss":"i","exp":1,"act":{"sub":"a","sub":"b"}}"#;
    assert!(Claims::from_json(twice).is_err());
}

fn evidence(
    person: &[(&'static str, &'static str)],
    machine: &[(&'static str, &'static str)],
) -> ClaimMapping {
    let own = |all: &[(&'static str, &'static str)]| {
        let all = all.iter();
        all.map(|(name, value)| ((*name).into(), (*value).into()))
            .collect()
    };
    ClaimMapping {
        person: PersonEvidence {
            person: own(person),
            machine: own(machine),
        },
        ..ClaimMapping::default()
    }
}

fn is_person(extra: Value, mapping: &ClaimMapping) -> bool {
    read(extra, mapping).unwrap().acts_for_person()
}

#[test]
fn what_is_unknown_is_no_person() {
    let everything = json!({
        "auth_time": 1, "acr": "mfa", "amr": ["pwd"], "email": "a@b.example", "sid": "s",
        "scope": "openid", "idtyp": "user", "preferred_username": "alice", "uid": "u",
    });
    assert!(!is_person(everything, &ClaimMapping::default()));
    assert!(!is_person(json!({}), &evidence(&[], &[])));
    assert!(!is_person(json!({}), &evidence(&[], &[("idtyp", "app")])));
}

#[test]
fn a_pattern_is_compared_at_the_ends_that_it_names() {
    for (pattern, values, others) in [
        ("*", &["x", " "][..], &[""][..]),
        ("app", &["app"], &["App", "app2", "xapp", ""]),
        ("usr_*", &["usr_1"], &["xusr_1", "USR_1", "usr"]),
        (
            "*@clients",
            &["a@clients"],
            &["a@clients.example", "clients"],
        ),
        ("*|*", &["auth0|1"], &["auth0"]),
    ] {
        let mapping = evidence(&[("kind", pattern)], &[]);
        for value in values {
            assert!(
                is_person(json!({"kind": value}), &mapping),
                "{pattern} {value}"
            );
        }
        for value in others {
            assert!(
                !is_person(json!({"kind": value}), &mapping),
                "{pattern} {value}"
            );
        }
    }
    let any = evidence(&[("auth_time", "*")], &[]);
    assert!(is_person(json!({"auth_time": 7}), &any));
    for nothing in [json!(null), json!(false)] {
        assert!(!is_person(json!({"auth_time": nothing}), &any));
    }
    let text = evidence(&[("kind", "user")], &[]);
    assert!(!is_person(json!({"kind": ["user"]}), &text));
}

#[test]
fn one_sign_of_a_program_outweighs_every_sign_of_a_person() {
    let mapping = evidence(
        &[("scp", "*"), ("uid", "*")],
        &[("idtyp", "app"), ("fct", "13")],
    );
    let person = json!({"scp": "a", "uid": "u"});
    assert!(is_person(person.clone(), &mapping));
    for sign in [
        json!({"idtyp": "app"}),
        json!({"idtyp": ["user"]}),
        json!({"idtyp": null}),
        json!({"fct": "9 13"}),
    ] {
        let mut all = person.clone();
        all.as_object_mut()
            .unwrap()
            .extend(sign.as_object().unwrap().clone());
        assert!(!is_person(all, &mapping), "{sign}");
    }
    assert!(is_person(
        json!({"uid": "u", "idtyp": "user", "fct": "3 131"}),
        &mapping
    ));
}

#[test]
fn a_client_that_is_its_own_subject_is_no_person() {
    let mapping = evidence(&[("auth_time", "*")], &[]);
    let shown = json!({"auth_time": 7});
    assert!(is_person(shown, &mapping));
    for own in [
        json!({"auth_time": 7, "sub": "app"}),
        json!({"auth_time": 7, "client_id": "alice"}),
    ] {
        assert!(!is_person(own.clone(), &mapping), "{own}");
    }
    let stated = Claims::new("i", UnixTime::from_seconds(1)).with_person();
    assert!(!stated.acts_for_person(), "without a subject");
    let stated = stated.with_subject("alice");
    assert!(stated.acts_for_person());
    assert!(!stated.with_client_id("alice").acts_for_person());
}
