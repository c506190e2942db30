use rmcp::{
    ErrorData,
    model::{CallToolRequestParams, ClientCapabilities, ServerResult},
};
use serde_json::{Value, json};

use super::{state_seal::Sealed, validated_round::RoundError, *};
use crate::{
    clock::SystemClock,
    item::{IntoOutput, Kind, KindParts},
    tool::ToolKind,
};

#[derive(schemars::JsonSchema)]
#[expect(dead_code, reason = "its schema alone counts")]
struct Sure {
    sure: bool,
}

fn call(params: Value) -> CallToolRequestParams {
    serde_json::from_value(params).unwrap()
}

fn client(capabilities: Value) -> Option<ClientCapabilities> {
    Some(serde_json::from_value(capabilities).unwrap())
}

/// The round after one that asked for these, at a client that declares this.
fn of(capabilities: Value, asked: &[&str], responses: Value) -> Round<u32> {
    let seal = Arc::new(RoundSeal::new([None; 2], "r".to_owned(), Arc::new(SystemClock)).unwrap());
    let first = call(json!({"name": "t"}));
    let first = CallRound::validate(&seal, None, &RoundRequest::from(&first), None)
        .unwrap_or_else(|_| panic!());
    let sealed = Sealed {
        asked: asked.iter().map(|&key| key.to_owned()).collect(),
        state: json!(7),
    };
    let state = seal.close(&first.binding, &sealed, 60).unwrap();
    let second = call(json!({"name": "t", "requestState": state, "inputResponses": responses}));
    let second = CallRound::validate(
        &seal,
        None,
        &RoundRequest::from(&second),
        client(capabilities),
    );
    Round {
        state: Some(7),
        round: Arc::new(second.unwrap_or_else(|_| panic!())),
    }
}

fn next(asked: &[&str], responses: Value) -> Round<u32> {
    of(json!({}), asked, responses)
}

/// The answer of a tool with this result, in a revision that has an error for what is lacking.
fn answered(
    result: impl IntoOutput<ToolKind>,
) -> Result<<ToolKind as KindParts>::Response, ErrorData> {
    let end: Result<<ToolKind as Kind>::Output, _> = result.into_output();
    ToolKind::respond((), end.map_err(Into::into), true)
}

/// What a client is told of something that is asked for.
fn told(asked: InputRequired) -> Result<Value, ErrorData> {
    let answer = answered(asked)?;
    Ok(serde_json::to_value(ServerResult::from(answer)).unwrap())
}

#[test]
fn an_answer_is_what_was_asked_for_or_none() {
    let accepted = json!({"action": "accept", "content": "yes"});
    let round = next(
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
fn a_model_s_answer_is_its_texts_and_what_is_reported_of_it() {
    let block = |text: &str| json!({"type": "text", "text": text});
    let round = next(
        &["a", "b", "c"],
        json!({
            "a": {"role": "assistant", "content": block("Paris"), "model": "m", "stopReason": "endTurn"},
            "b": {"role": "assistant", "content": [block("a"), {"type": "image", "data": "", "mimeType": "image/png"}, block("b")], "model": "m"},
            "c": {"action": "accept", "content": {}},
            "unasked": {"role": "assistant", "content": block("Rome"), "model": "m"},
        }),
    );
    let answer = round.sampled("a").unwrap().unwrap();
    assert_eq!((answer.text().as_str(), answer.model()), ("Paris", "m"));
    assert_eq!(answer.stop_reason(), Some("endTurn"));
    assert_eq!(round.sampled("b").unwrap().unwrap().text(), "ab");
    // A person's answer is none of a model's.
    assert!(round.sampled("c").unwrap_err().message().contains("`c`"));
    assert!(round.sampled("unasked").unwrap().is_none());
}

#[test]
fn folders_are_those_that_were_asked_for() {
    let round = next(
        &["a", "b"],
        json!({
            "a": {"roots": [{"uri": "file:///x", "name": "X"}, {"uri": "file:///y"}]},
            "b": {"roots": "file:///x"},
            "unasked": {"roots": []},
        }),
    );
    let roots = round.roots("a").unwrap().unwrap();
    let roots: Vec<_> = roots
        .iter()
        .map(|root| (&*root.uri, root.name.as_deref()))
        .collect();
    assert_eq!(roots, [("file:///x", Some("X")), ("file:///y", None)]);
    assert!(round.roots("b").is_err());
    assert!(round.roots("unasked").unwrap().is_none());
}

#[test]
fn an_answer_without_a_question_is_refused() {
    let bare = call(json!({"name": "t", "inputResponses": {"a": {"action": "accept"}}}));
    let seal = Arc::new(RoundSeal::new([None; 2], "r".to_owned(), Arc::new(SystemClock)).unwrap());
    let judged = CallRound::validate(&seal, None, &RoundRequest::from(&bare), None);
    assert_eq!(judged.err(), Some(RoundError::Unasked));
}

#[test]
fn what_no_form_can_hold_is_a_tool_error() {
    #[derive(schemars::JsonSchema)]
    #[expect(dead_code, reason = "its schema alone counts")]
    struct Nested {
        inner: Vec<Vec<u8>>,
    }
    let round = of(json!({"elicitation": {}}), &[], json!({}));
    for asked in [
        round.ask(&1).form::<Nested>("a", "?"),
        round.ask(&1).form::<Value>("a", "?"),
    ] {
        let told = told(asked).unwrap().to_string();
        assert!(told.contains("no form can hold"), "{told}");
    }
}

#[test]
fn a_form_has_limits_and_only_the_formats_of_forms() {
    #[derive(schemars::JsonSchema)]
    #[expect(dead_code, reason = "its schema alone counts")]
    struct Order {
        pieces: u8,
        serial: u64,
        #[schemars(range(min = -3))]
        offset: i64,
        ratio: f32,
        #[schemars(extend("format" = "uuid"))]
        id: String,
        host: std::net::IpAddr,
        #[schemars(extend("format" = "date"))]
        day: String,
    }
    let round = of(json!({"elicitation": {}}), &[], json!({}));
    let told = told(round.ask(&1).form::<Order>("a", "?")).unwrap();
    assert_eq!(
        told["inputRequests"]["a"]["params"]["requestedSchema"]["properties"],
        json!({
            "pieces": {"type": "integer", "minimum": 0, "maximum": 255},
            // rmcp's forms hold no greater number.
            "serial": {"type": "integer", "minimum": 0, "maximum": i64::MAX},
            "offset": {"type": "integer", "minimum": -3, "maximum": i64::MAX},
            "ratio": {"type": "number", "minimum": f64::from(f32::MIN), "maximum": f64::from(f32::MAX)},
            "id": {"type": "string"},
            "host": {"type": "string"},
            "day": {"type": "string", "format": "date"},
        })
    );
}

#[test]
fn several_things_are_asked_for_at_once_and_each_by_a_key_of_its_own() {
    let round = of(
        json!({"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}}),
        &[],
        json!({}),
    );
    let sample = Sample::new("Well?", 50)
        .with_system_prompt("Be short.")
        .with_temperature(0.5);
    let asked = round
        .ask(&1)
        .form::<Sure>("a", "Sure?")
        .sample("b", sample)
        .roots("c");
    let asked = told(asked.page("d", "Pay.", "https://pay.example/1")).unwrap();
    assert_eq!(asked["resultType"], "input_required");
    let requests = &asked["inputRequests"];
    assert_eq!(requests["a"]["method"], "elicitation/create");
    assert_eq!(requests["a"]["params"]["mode"], "form");
    assert_eq!(
        requests["b"],
        json!({"method": "sampling/createMessage", "params": {
            "messages": [{"role": "user", "content": {"type": "text", "text": "Well?"}}],
            "maxTokens": 50, "systemPrompt": "Be short.", "temperature": 0.5,
        }})
    );
    assert_eq!(requests["c"]["method"], "roots/list");
    assert_eq!(requests["d"]["params"]["mode"], "url");
    assert_eq!(requests["d"]["params"]["url"], "https://pay.example/1");

    let twice = told(round.ask(&1).form::<Sure>("a", "Sure?").roots("a"))
        .unwrap()
        .to_string();
    assert!(twice.contains("two inputs with the key `a`"), "{twice}");
}

#[test]
#[expect(deprecated, reason = "2026-07-28 still has sampling")]
fn a_client_is_asked_for_nothing_that_it_does_not_declare() {
    use rmcp::model::{ContextInclusion, CreateMessageRequestParams};
    let about =
        |others| CreateMessageRequestParams::new(Vec::new(), 1).with_include_context(others);
    type Ask = fn(&Round<u32>) -> InputRequired;
    let form: Ask = |round| round.ask(&1).form::<Sure>("a", "?");
    let page: Ask = |round| round.ask(&1).page("a", "?", "https://a.example");
    let sample: Ask = |round| round.ask(&1).sample("a", Sample::new("?", 1));
    let roots: Ask = |round| round.ask(&1).roots("a");
    let both: Ask = |round| round.ask(&1).roots("a").form::<Sure>("b", "?");
    for (declared, ask, missing) in [
        (json!({}), form, json!({"elicitation": {"form": {}}})),
        (
            json!({"elicitation": {"url": {}}}),
            form,
            json!({"elicitation": {"form": {}}}),
        ),
        (
            json!({"elicitation": {}}),
            page,
            json!({"elicitation": {"url": {}}}),
        ),
        (json!({"elicitation": {}}), sample, json!({"sampling": {}})),
        (json!({"sampling": {}}), roots, json!({"roots": {}})),
        (
            json!({"roots": {}}),
            both,
            json!({"elicitation": {"form": {}}}),
        ),
        (
            json!({}),
            both,
            json!({"elicitation": {"form": {}}, "roots": {}}),
        ),
    ] {
        let error = told(ask(&of(declared.clone(), &[], json!({})))).unwrap_err();
        assert_eq!(error.code.0, -32021, "{declared}");
        let data = error.data.unwrap();
        assert_eq!(data, json!({"requiredCapabilities": missing}), "{declared}");
    }
    // A client that lets its model answer does not yet tell it what others say.
    let round = of(json!({"sampling": {}}), &[], json!({}));
    for (others, is_asked) in [
        (ContextInclusion::None, true),
        (ContextInclusion::AllServers, false),
    ] {
        let asked = round.ask(&1).sample("a", about(others));
        assert_eq!(told(asked).is_ok(), is_asked);
    }
    // What asks for nothing can be asked of everybody.
    let asked = told(next(&[], json!({})).ask(&1)).unwrap();
    assert!(
        asked["inputRequests"].is_null() && asked["requestState"].is_string(),
        "{asked}"
    );
}

#[test]
fn a_tool_asks_first_what_its_client_can() {
    let round = of(json!({"sampling": {}}), &[], json!({}));
    assert!(round.can(ClientCapability::Sampling) && !round.can(ClientCapability::Roots));
    round.require(ClientCapability::Sampling).unwrap();
    // It stays the protocol's error on its way through other types of errors.
    let lack = round.require(ClientCapability::Roots).unwrap_err();
    let boxed: Box<dyn std::error::Error + Send + Sync> = lack.into();
    let end = answered(Err::<(), _>(boxed));
    assert_eq!(end.unwrap_err().code.0, -32021);
}
