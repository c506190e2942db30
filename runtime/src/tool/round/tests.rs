use serde_json::json;

use super::*;
use crate::{clock::SystemClock, tool::IntoToolResult};

#[derive(schemars::JsonSchema)]
#[expect(dead_code, reason = "its schema alone counts")]
struct Sure {
    sure: bool,
}

fn seal() -> Arc<RoundSeal> {
    Arc::new(RoundSeal::new(None, "r".to_owned(), Arc::new(SystemClock)).unwrap())
}

fn call(params: Value) -> CallToolRequestParams {
    serde_json::from_value(params).unwrap()
}

fn next(seal: &Arc<RoundSeal>, asked: &[&str], responses: Value) -> Round<u32> {
    let first = call(json!({"name": "t"}));
    let first = CallRound::judge(seal, None, &first, None).unwrap_or_else(|_| panic!());
    let sealed = Sealed {
        asked: asked.iter().map(|&key| key.to_owned()).collect(),
        state: json!(7),
    };
    let state = seal.close(&first.binding, &sealed, 60).unwrap();
    let second = json!({"name": "t", "requestState": state, "inputResponses": responses});
    let second = CallRound::judge(seal, None, &call(second), None).unwrap_or_else(|_| panic!());
    Round {
        state: Some(7),
        round: Arc::new(second),
    }
}

#[test]
fn an_answer_is_what_was_asked_for_or_none() {
    let accepted = json!({"action": "accept", "content": "yes"});
    let round = next(
        &seal(),
        &["a", "b", "c", "d", "e"],
        json!({
            "a": accepted, "b": {"action": "decline"}, "c": {"action": "cancel"},
            "d": {"action": "accept", "content": 7}, "unasked": accepted,
        }),
    );
    let answer = |key| round.elicited::<String>(key);
    assert_eq!(answer("a").unwrap(), Some(Elicited::Accepted("yes".into())));
    assert_eq!(answer("b").unwrap(), Some(Elicited::Declined));
    assert_eq!(answer("c").unwrap(), Some(Elicited::Cancelled));
    assert!(answer("d").unwrap_err().message().contains("`d`"));
    assert_eq!(answer("e").unwrap(), None);
    assert_eq!(answer("unasked").unwrap(), None);
    assert_eq!(round.state(), Some(&7));
}

#[test]
fn an_answer_without_a_question_is_refused() {
    let bare = call(json!({"name": "t", "inputResponses": {"a": {"action": "accept"}}}));
    let judged = CallRound::judge(&seal(), None, &bare, None);
    assert_eq!(judged.err(), Some(NoRound::Unasked));
}

#[test]
fn what_no_form_can_hold_is_a_tool_error() {
    #[derive(schemars::JsonSchema)]
    #[expect(dead_code, reason = "its schema alone counts")]
    struct Nested {
        inner: Vec<Vec<u8>>,
    }
    let round = next(&seal(), &[], json!({}));
    for asked in [
        round.ask(&1).form::<Nested>("a", "?"),
        round.ask(&1).form::<Value>("a", "?"),
    ] {
        let told = format!("{:?}", asked.into_tool_result());
        assert!(told.contains("no form can hold"), "{told}");
    }
}

#[test]
fn a_client_that_cannot_ask_is_told_so() {
    let round = next(&seal(), &[], json!({}));
    let asked = round.ask(&1).form::<Sure>("a", "?");
    let told = format!("{:?}", asked.into_tool_result());
    assert!(told.contains("elicitation"), "{told}");
    // What asks for nothing can be asked of everybody.
    let told = format!("{:?}", round.ask(&1).into_tool_result());
    assert!(told.contains("InputRequired"), "{told}");
}
