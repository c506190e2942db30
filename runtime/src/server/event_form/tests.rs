use futures_util::stream;

use super::*;

fn form(earlier_services: u32) -> EventForm {
    EventForm {
        is_primed: true,
        earlier_services,
    }
}

#[test]
fn an_id_of_this_service_is_its_own_and_one_of_an_earlier_service_names_no_request() {
    let unknown = format!("0/{}", u64::MAX);
    for (services, published, expected) in [
        (0, "5", "5"),
        (0, "5/3", "5/3"),
        (2, "2.5/3", "5/3"),
        (2, "2.5", "5"),
        (2, "5", "0"),
        (2, "1.5", "0"),
        (2, "5/3", unknown.as_str()),
        (2, "1.5/3", unknown.as_str()),
        (0, "1.5/3", unknown.as_str()),
        (0, "x.5", "0"),
    ] {
        assert_eq!(
            form(services).last_event(published),
            expected,
            "{published}"
        );
    }
}

#[tokio::test]
async fn each_event_names_its_service() {
    for (services, expected) in [(0, "7/1"), (3, "3.7/1")] {
        let mut event = ServerSseMessage::priming("7/1", std::time::Duration::ZERO);
        event.retry = None;
        let events: Vec<_> = form(services).apply(stream::iter([event])).collect().await;
        assert_eq!(events[0].event_id.as_deref(), Some(expected));
        let id = events[0].event_id.clone().unwrap();
        assert_eq!(form(services).last_event(&id), "7/1");
    }
}
