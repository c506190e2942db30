use rmcp::model::{CallToolRequestParams, GetPromptRequestParams, ReadResourceRequestParams};
use serde_json::json;

use super::*;

struct At(u64);

impl Clock for At {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(self.0)
    }
}

fn seal(key: Option<[u8; 32]>, resource: &str, now: u64) -> RoundSeal {
    RoundSeal::new([key, None], resource.to_owned(), Arc::new(At(now))).unwrap()
}

fn call(name: &str, arguments: &Value) -> CallToolRequestParams {
    serde_json::from_value(json!({"name": name, "arguments": arguments})).unwrap()
}

fn sealed() -> Sealed {
    Sealed {
        asked: vec!["sure".to_owned()],
        state: json!({"step": 1}),
    }
}

#[test]
fn a_rotated_key_opens_what_the_previous_one_sealed_and_seals_with_the_new_one() {
    let list = call("delete", &json!({"list": "a"}));
    let list = RoundRequest::from(&list);
    let (old, new) = (Some([7; 32]), Some([8; 32]));
    let before = seal(old, "r", 100);
    let binding = before.bind(None, &list);
    let rotated = RoundSeal::new([new, old], "r".to_owned(), Arc::new(At(100))).unwrap();
    let text = before.close(&binding, &sealed(), 60).unwrap();
    assert!(rotated.open(&binding, &text).is_ok());
    let text = rotated.close(&binding, &sealed(), 60).unwrap();
    assert!(seal(new, "r", 100).open(&binding, &text).is_ok());
    assert_eq!(
        before.open(&binding, &text).err(),
        Some(StateError::NotOurs)
    );
}

#[test]
fn what_was_sealed_for_a_call_opens_for_that_call_alone() {
    let ours = seal(Some([7; 32]), "r", 100);
    let list = call("delete", &json!({"list": "a"}));
    let list = RoundRequest::from(&list);
    let binding = ours.bind(None, &list);
    let text = ours.close(&binding, &sealed(), 60).unwrap();
    let Opened {
        sealed: opened,
        left,
    } = ours.open(&binding, &text).unwrap();
    assert_eq!(left, 60);
    assert_eq!(
        (opened.asked, opened.state),
        (vec!["sure".to_owned()], json!({"step": 1}))
    );
    for (tool, given) in [
        ("delet", json!({"list": "a"})),
        ("delete", json!({"list": "b"})),
        ("delete", json!({"list": "a", "all": true})),
        ("delete", json!({"list": ["a"]})),
        ("delete", json!({})),
    ] {
        let other = ours.bind(None, &RoundRequest::from(&call(tool, &given)));
        let opened = ours.open(&other, &text).err();
        assert_eq!(opened, Some(StateError::NotOurs), "{tool} {given}");
    }
    for other in [
        seal(Some([8; 32]), "r", 100),
        seal(None, "r", 100),
        seal(Some([7; 32]), "s", 100),
    ] {
        let binding = other.bind(None, &list);
        assert_eq!(other.open(&binding, &text).err(), Some(StateError::NotOurs));
    }
    // A replica with the same key, and the moment from which it is too late.
    for (now, expected) in [(159, None), (160, Some(StateError::Expired))] {
        let replica = seal(Some([7; 32]), "r", now);
        let binding = replica.bind(None, &list);
        assert_eq!(replica.open(&binding, &text).err(), expected, "{now}");
    }
}

#[test]
fn what_was_sealed_for_a_tool_opens_for_no_prompt_and_no_resource_of_its_name() {
    let ours = seal(None, "r", 100);
    let tool = call("x:y", &json!({}));
    let prompt: GetPromptRequestParams =
        serde_json::from_value(json!({"name": "x:y", "arguments": {}})).unwrap();
    let resource: ReadResourceRequestParams =
        serde_json::from_value(json!({"uri": "x:y"})).unwrap();
    let turns = [
        RoundRequest::from(&tool),
        RoundRequest::from(&prompt),
        RoundRequest::from(&resource),
    ];
    for (from, turn) in turns.iter().enumerate() {
        let binding = ours.bind(None, turn);
        let text = ours.close(&binding, &sealed(), 60).unwrap();
        for (to, turn) in turns.iter().enumerate() {
            let opened = ours.open(&ours.bind(None, turn), &text);
            assert_eq!(opened.is_ok(), from == to, "{from} {to}");
        }
    }
}

#[test]
fn a_changed_character_anywhere_breaks_the_seal() {
    let ours = seal(None, "r", 100);
    let binding = ours.bind(None, &RoundRequest::alone("delete"));
    let text = ours.close(&binding, &sealed(), 60).unwrap();
    assert!(!text.contains("sure"));
    for at in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        let opened = ours.open(&binding, &changed).err();
        assert_eq!(opened, Some(StateError::NotOurs), "{at}");
    }
    for text in [
        "",
        "A",
        "AAAAAAAAAAAAAAAA",
        "äöüäöüäöüäöüäöü",
        &text[..text.len() - 4],
    ] {
        let opened = ours.open(&binding, text).err();
        assert_eq!(opened, Some(StateError::NotOurs), "{text}");
    }
}

#[test]
fn arguments_are_the_same_in_any_order_and_in_no_other_way() {
    let hash = |text: &str| hash(&serde_json::from_str(text).unwrap()).as_ref().to_vec();
    let plain = hash(r#"{"a":1,"b":{"c":[true,null],"d":""}}"#);
    assert_eq!(plain, hash(r#"{"b":{"d":"","c":[true,null]},"a":1}"#));
    for other in [
        r#"{"a":"1","b":{"c":[true,null],"d":""}}"#,
        r#"{"a":1,"b":{"c":[null,true],"d":""}}"#,
        r#"{"a":1,"b":{"c":[true],"d":""}}"#,
        r#"{"a":1,"b":{"c":[true,null]},"d":""}"#,
    ] {
        assert_ne!(plain, hash(other), "{other}");
    }
}
