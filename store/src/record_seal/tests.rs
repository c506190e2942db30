use super::*;

const KEY: [u8; 32] = [1; 32];
const OTHER: [u8; 32] = [2; 32];

fn seal(key: &[u8; 32], other: Option<&[u8; 32]>, resource: &str) -> RecordSeal {
    RecordSeal::new(key, other, resource).unwrap()
}

fn at(seconds: u64) -> UnixTime {
    UnixTime::from_seconds(seconds)
}

#[test]
fn a_record_opens_under_its_key_until_it_expires() {
    let seal = seal(&KEY, None, "a");
    let key = seal.record_key(Purpose::Session, &[b"one"]);
    let sealed = seal.close(&key, b"content", at(100)).unwrap();
    assert_eq!(seal.open(&key, &sealed, at(99)).unwrap(), b"content");
    // A store that puts an old record back grants nothing.
    assert!(seal.open(&key, &sealed, at(100)).is_err());
}

#[test]
fn a_record_of_another_key_purpose_resource_or_server_does_not_open() {
    let own = seal(&KEY, None, "a");
    let key = own.record_key(Purpose::Session, &[b"one"]);
    let sealed = own.close(&key, b"content", at(100)).unwrap();
    for other in [
        own.record_key(Purpose::Session, &[b"two"]),
        own.record_key(Purpose::Event, &[b"one"]),
        // The parts of a name stay apart.
        own.record_key(Purpose::Session, &[b"o", b"ne"]),
        seal(&KEY, None, "b").record_key(Purpose::Session, &[b"one"]),
    ] {
        assert_ne!(other, key);
        assert!(own.open(&other, &sealed, at(1)).is_err(), "{other:?}");
    }
    assert!(seal(&OTHER, None, "a").open(&key, &sealed, at(1)).is_err());
}

#[test]
fn a_changed_or_cut_record_does_not_open() {
    let seal = seal(&KEY, None, "a");
    let key = seal.record_key(Purpose::Session, &[b"one"]);
    let sealed = seal.close(&key, b"content", at(100)).unwrap();
    for index in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[index] ^= 1;
        assert!(seal.open(&key, &changed, at(1)).is_err(), "byte {index}");
        assert!(seal.open(&key, &sealed[..index], at(1)).is_err());
    }
}

#[test]
fn both_keys_of_a_rotation_open_and_the_names_do_not_change() {
    let (old, both) = (seal(&KEY, None, "a"), seal(&OTHER, Some(&KEY), "a"));
    let key = old.record_key(Purpose::Proof, &[b"one"]);
    assert_eq!(both.record_key(Purpose::Proof, &[b"one"]), key);
    let sealed = old.close(&key, b"content", at(100)).unwrap();
    assert_eq!(both.open(&key, &sealed, at(1)).unwrap(), b"content");
    let sealed = both.close(&key, b"content", at(100)).unwrap();
    assert!(old.open(&key, &sealed, at(1)).is_err());
}

#[test]
fn a_key_shows_neither_the_name_nor_the_resource() {
    let seal = seal(&KEY, None, "https://a.example/mcp");
    let key = seal.record_key(Purpose::Session, &[b"alice"]);
    assert!(key.as_str().starts_with("toolgate:session:"), "{key:?}");
    assert!(!key.as_str().contains("alice") && !key.as_str().contains("example"));
}
