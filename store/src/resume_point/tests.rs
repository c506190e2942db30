use super::*;

fn parse(event: &str) -> Option<ResumePoint> {
    ResumePoint::parse("s", event)
}

#[test]
fn an_event_names_its_process_its_stream_and_its_request() {
    for (event, service, after, number, request) in [
        ("5/3", 0, 5, 3, json!(7)),
        ("2.5/3", 2, 5, 3, json!("a~\u{e9}\n")),
    ] {
        let published = format!("{event}{}", suffix("p", &request));
        assert!(published.is_ascii() && !published.contains('\n'));
        let point = parse(&published).unwrap();
        let name = &point.name;
        assert_eq!((name.session.as_str(), name.process.as_str()), ("s", "p"));
        assert_eq!(
            (name.service, point.after, name.request),
            (service, after, number)
        );
        assert_eq!(point.request, request);
        assert_eq!(ResumePoint::in_session(&published), event);
    }
    for (event, expected) in [("5/3", "5/3"), ("0", "0"), ("~", "")] {
        assert_eq!(ResumePoint::in_session(event), expected);
    }
}

#[test]
fn an_event_of_no_recorded_stream_has_no_point_to_resume() {
    let long = format!("5/3~p~{}", "A".repeat(LONGEST_REQUEST + 4));
    for event in [
        "",
        "0",
        "5/3",
        "2.5",
        "5/3~p",
        "5/3~p~",
        "5/3~p~!",
        // A boolean, an object and a fraction are no ids.
        "5/3~p~dHJ1ZQ",
        "5/3~p~e30",
        "5/3~p~Mi41",
        "5/3~p~Nw~Nw",
        "5~p~Nw",
        "x.5/3~p~Nw",
        "5/-3~p~Nw",
        "5/3~0123456789abcdef0~Nw",
        "5/99999999999999999999~p~Nw",
        &long,
    ] {
        assert_eq!(parse(event), None, "{event}");
    }
    assert!(parse("5/3~p~Nw").is_some());
}

#[test]
fn a_lost_answer_is_an_error_of_its_request() {
    let error = parse("5/3~p~ImEi").unwrap().lost();
    assert_eq!(error["id"], "a");
    assert_eq!(error["error"]["code"], -32603);
    assert_eq!(error["error"]["data"]["reason"], "answer_lost");
}
