//! A collector that is slow or down, the end of a server, and wrong settings.

use support::server_process::free_address;

use super::*;

#[tokio::test]
async fn calls_do_not_wait_for_a_collector_that_is_slow_or_down() {
    let slow = Collector::slow(Duration::from_secs(60)).await;
    let down = format!("http://{}", free_address());
    for endpoint in [&slow.endpoint, &down] {
        // The queue is full after a few calls, and the collector takes nothing.
        let small = [
            ("OTEL_BSP_MAX_QUEUE_SIZE", "8"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4"),
        ];
        let running = start_at(endpoint, &small).await;
        let client = client(&running, Revision::Stateless, "desk:read").await;
        let started = Instant::now();
        for _ in 0..50 {
            assert_eq!(client.call("read", json!({})).await.status, 200);
        }
        assert!(started.elapsed() < Duration::from_secs(10), "{endpoint}");
        let started = Instant::now();
        running.stopped().await;
        assert!(started.elapsed() < Duration::from_secs(10), "{endpoint}");
    }
}

#[tokio::test]
async fn a_server_that_stops_sends_what_it_has() {
    let collector = Collector::start().await;
    let late = [("OTEL_BSP_SCHEDULE_DELAY", "600000")];
    let server = tool_server::server(&Runs::default());
    let endpoint = collector.endpoint.clone();
    let running = RunningServer::start_as(server, |address| {
        let bind = address.to_string();
        let variables = [
            ("TOOLGATE_BIND", &*bind),
            ("TOOLGATE_AUTHORIZATION_SERVERS", ISSUER),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            late[0],
        ];
        let environment: Environment = variables.into_iter().collect();
        Config::from_environment(&environment, 9).expect("valid")
    })
    .await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    client.call("read", json!({})).await;
    assert!(collector.requests().is_empty());
    running.stopped().await;
    let spans = collector.spans();
    assert!(spans.iter().any(|span| span.name == "tools/call read"));
}

#[tokio::test]
async fn the_headers_for_the_collector_are_sent_to_it_and_shown_nowhere() {
    let collector = Collector::start().await;
    let headers = [("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=hunter2%21")];
    let running = start_at(&collector.endpoint, &headers).await;
    client(&running, Revision::Stateless, "desk:read").await;
    collector.trace_of("server/discover").await;
    let (sent, _) = &collector.requests()[0];
    assert_eq!(sent["x-api-key"], "hunter2!");
    assert_eq!(sent["content-type"], "application/x-protobuf");
    let config = config(free_address(), &collector.endpoint, &headers);
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn wrong_settings_stop_the_start_all_at_once() {
    let variables = [
        ("TOOLGATE_METRICS_BIND", "nowhere"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("OTEL_TRACES_SAMPLER", "xray"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
    ];
    let environment: Environment = variables.into_iter().collect();
    let error = Config::from_environment(&environment, 9).expect_err("wrong");
    let text = error.to_string();
    for part in [
        "TOOLGATE_METRICS_BIND is",
        "OTEL_EXPORTER_OTLP_ENDPOINT is not a URL",
        "OTEL_TRACES_SAMPLER is \"xray\"",
        "OTEL_EXPORTER_OTLP_HEADERS is not a list",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
}
