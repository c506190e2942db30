use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::{span::SpanKind, span_context::SpanContext};

fn span() -> Span {
    Span {
        name: "a".into(),
        kind: SpanKind::Server,
        context: SpanContext::root(),
        parent: None,
        is_parent_remote: false,
        times: [1, 2],
        attributes: Vec::new(),
        is_error: false,
    }
}

fn settings(endpoint: &str, others: &[(&str, &'static str)]) -> TraceSettings {
    let endpoint: &'static str = endpoint.to_owned().leak();
    let get = |name: &str| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(endpoint),
        _ => others
            .iter()
            .find(|(of, _)| *of == name)
            .map(|(_, value)| *value),
    };
    TraceSettings::read(get).unwrap().unwrap()
}

/// Answers each request with the next of these statuses, then with the last of them.
async fn collector(statuses: &'static [&'static str]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut start = [0; 4096];
            let _ = stream.read(&mut start).await;
            let number = counter.fetch_add(1, Ordering::SeqCst);
            let status = statuses[number.min(statuses.len() - 1)];
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (format!("http://{address}"), requests)
}

#[tokio::test]
async fn a_full_queue_drops_and_counts() {
    let (endpoint, _) = collector(&["200 OK"]).await;
    let settings = settings(
        &endpoint,
        &[
            ("OTEL_BSP_MAX_QUEUE_SIZE", "3"),
            ("OTEL_BSP_SCHEDULE_DELAY", "60000"),
        ],
    );
    let exporter = Exporter::start(&settings).unwrap();
    // The task that sends has not run yet: this test has one thread.
    for _ in 0..5 {
        exporter.export(vec![span()]);
    }
    assert_eq!(exporter.counts().dropped, 2);
    exporter.finish(Duration::from_secs(5)).await;
    let expected = ExportCounts {
        delivered: 3,
        dropped: 2,
    };
    assert_eq!(exporter.counts(), expected);
}

#[tokio::test]
async fn a_collector_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
    let (busy, asked) = collector(&["503 Busy", "429 Later", "200 OK"]).await;
    let soon = [("OTEL_BSP_SCHEDULE_DELAY", "1")];
    let exporter = Exporter::start(&settings(&busy, &soon)).unwrap();
    exporter.export(vec![span()]);
    while exporter.counts().delivered == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    let (refuses, asked) = collector(&["403 No"]).await;
    let exporter = Exporter::start(&settings(&refuses, &soon)).unwrap();
    exporter.export(vec![span()]);
    while exporter.counts().dropped == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_end_waits_for_no_collector_that_is_down() {
    let (down, _) = collector(&["503 Down"]).await;
    let exporter = Exporter::start(&settings(&down, &[("OTEL_BSP_SCHEDULE_DELAY", "1")])).unwrap();
    exporter.export(vec![span(), span()]);
    let started = Instant::now();
    exporter.finish(Duration::from_secs(5)).await;
    assert!(started.elapsed() < Duration::from_secs(3));
    assert_eq!(exporter.counts().dropped, 2);
}

#[tokio::test]
async fn an_exporter_that_is_dropped_does_not_send_without_a_pause() {
    let (down, asked) = collector(&["503 Down"]).await;
    let exporter = Exporter::start(&settings(&down, &[("OTEL_BSP_SCHEDULE_DELAY", "1")])).unwrap();
    exporter.export(vec![span()]);
    while asked.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(exporter);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let all = asked.load(Ordering::SeqCst);
    assert!(all <= 3, "{all} requests");
}
