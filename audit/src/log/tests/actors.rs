use super::*;

const CHAIN: [(&str, &str); 2] = [
    ("https://issuer.example", "writer"),
    ("https://other.example", "planner"),
];

fn delegated() -> Decision<'static> {
    Decision {
        actors: &CHAIN,
        ..allowed(1)
    }
}

#[test]
fn a_decision_names_who_acts_in_their_order() {
    let (log, disk) = log(OnFailure::Refuse);
    log.decide(&delegated()).unwrap();
    log.decide(&allowed(2)).unwrap();
    let contents = disk.contents.contents();
    let lines = lines(&contents);
    assert_eq!(lines[1]["actors"], serde_json::json!(["writer", "planner"]));
    assert!(lines[2].get("actors").is_none());
    assert_eq!(checked(&contents, log.head()).findings, []);
}

#[test]
fn a_pseudonymous_log_names_no_actor_and_knows_a_subject_that_acts() {
    let disk = SharedBuffer::default();
    let settings = Settings {
        subjects: Subjects::Pseudonymous,
        ..Settings::default()
    };
    let log = AuditLog::to_sink(Box::new(disk.clone()), key(), settings, TIME).unwrap();
    log.decide(&delegated()).unwrap();
    let own = [("https://issuer.example", "alice")];
    let itself = Decision {
        actors: &own,
        ..allowed(2)
    };
    log.decide(&itself).unwrap();
    let contents = disk.contents();
    let text = std::str::from_utf8(&contents).unwrap();
    assert!(!text.contains("writer") && !text.contains("planner"));
    let line = &lines(&contents)[2];
    assert_eq!(line["actors"][0], line["subject"]);
}

#[test]
fn hostile_actors_make_one_bounded_line() {
    let (log, disk) = log(OnFailure::Refuse);
    let hostile = ["\u{1}\"\\\n".repeat(50_000), "ä".repeat(100_000)];
    let chain = [("i", &*hostile[0]), ("i", &*hostile[1])].repeat(4);
    let decision = Decision {
        actors: &chain,
        ..allowed(1)
    };
    log.decide(&decision).unwrap();
    let contents = disk.contents.contents();
    for line in contents.split(|byte| *byte == b'\n') {
        assert!(line.len() <= crate::line::LONGEST_LINE, "{}", line.len());
    }
    assert_eq!(checked(&contents, log.head()).findings, []);
}
