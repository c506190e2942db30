use futures_util::stream;
use http_body::Body as _;
use http_body_util::BodyExt;
use rmcp::model::{ServerJsonRpcMessage, ServerResult};

use super::*;

fn message(number: i64) -> ServerSseMessage {
    let result = ServerResult::empty(());
    let message = ServerJsonRpcMessage::response(result, rmcp::model::RequestId::Number(number));
    ServerSseMessage::new(format!("1/{number}"), message)
}

fn priming() -> ServerSseMessage {
    ServerSseMessage::priming("0/1", Duration::from_secs(3))
}

const PRIMED: &str = "data: \nid: 0/1\nretry: 3000\n\n";

fn written(number: i64) -> String {
    format!("data: {{\"jsonrpc\":\"2.0\",\"id\":{number},\"result\":{{}}}}\nid: 1/{number}\n\n")
}

/// Each event after so many milliseconds.
fn after(events: Vec<(u64, ServerSseMessage)>) -> impl Stream<Item = ServerSseMessage> + Send {
    stream::iter(events).then(|(wait, event)| async move {
        sleep(Duration::from_millis(wait)).await;
        event
    })
}

async fn next(body: &mut Body) -> Option<String> {
    let frame = body.frame().await?.unwrap().into_data().unwrap();
    Some(String::from_utf8(frame.to_vec()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_complete_in_time_is_one_body() {
    let events = after(vec![(0, priming()), (5, message(7))]);
    let answer = answer(events, &CancellationToken::new()).await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(answer.headers()["cache-control"], "no-cache");
    let expected = format!("{PRIMED}{}", written(7));
    assert_eq!(
        answer.body().size_hint().exact(),
        Some(expected.len() as u64)
    );
    let whole = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(whole, expected);
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_is_sent_event_by_event() {
    let begin = Instant::now();
    let events = after(vec![(0, priming()), (40_000, message(7))]);
    let answer = answer(events, &CancellationToken::new()).await;
    assert_eq!(begin.elapsed(), GRACE);
    let mut body = answer.into_body();
    assert_eq!(next(&mut body).await.as_deref(), Some(PRIMED));
    // A proxy must not close a silent stream.
    for seconds in [15, 30] {
        assert_eq!(next(&mut body).await.as_deref(), Some(":\n\n"));
        assert_eq!(begin.elapsed().as_secs(), seconds);
    }
    assert_eq!(next(&mut body).await, Some(written(7)));
    assert_eq!(begin.elapsed().as_secs(), 40);
    assert_eq!(next(&mut body).await, None);
}

#[tokio::test(start_paused = true)]
async fn an_open_answer_ends_with_the_server() {
    let stop = CancellationToken::new();
    let answer = answer(stream::pending(), &stop).await;
    stop.cancel();
    assert_eq!(next(&mut answer.into_body()).await, None);
}
