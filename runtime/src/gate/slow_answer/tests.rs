use http::StatusCode;
use tokio::time::sleep;

use super::*;

const RESULT: &str = r#"{"id":7,"jsonrpc":"2.0","result":{}}"#;

fn after(seconds: u64, answer: Response<Body>) -> BoxFuture<'static, Response<Body>> {
    async move {
        sleep(Duration::from_secs(seconds)).await;
        answer
    }
    .boxed()
}

async fn answer(seconds: u64, answer: Response<Body>) -> Response<Body> {
    let answer = after(seconds, answer);
    respond(answer, RequestId::Number(7), Duration::from_secs(10)).await
}

async fn text(response: Response<Body>) -> String {
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.into()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_time_is_unchanged() {
    let response = answer(9, Response::new(RESULT.into())).await;
    assert!(!is_event_stream(&response));
    assert_eq!(text(response).await, RESULT);
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_has_comments_until_its_result() {
    let response = answer(60, Response::new(RESULT.into())).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(is_event_stream(&response));
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    // At 10 (the start), 25, 40 and 55 seconds.
    let comments = ":\n\n".repeat(4);
    assert_eq!(
        text(response).await,
        format!("{comments}data: {RESULT}\n\n")
    );
}

#[tokio::test(start_paused = true)]
async fn no_proxy_waits_longer_than_the_interval() {
    let mut response = answer(200, Response::new(RESULT.into())).await;
    let mut last = tokio::time::Instant::now();
    while let Some(frame) = response.body_mut().frame().await {
        assert!(!frame.unwrap().into_data().unwrap().is_empty());
        assert!(last.elapsed() <= KEEP_ALIVE);
        last = tokio::time::Instant::now();
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_stream_is_forwarded() {
    let mut inner = Response::new(Body::from("data: {}\n\n"));
    let kind = HeaderValue::from_static("text/event-stream");
    inner.headers_mut().insert(header::CONTENT_TYPE, kind);
    let forwarded = text(answer(11, inner).await).await;
    assert_eq!(forwarded, ":\n\n:\n\ndata: {}\n\n");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_message_becomes_an_error_of_the_request() {
    let panics = async {
        sleep(Duration::from_secs(11)).await;
        panic!("as it was told to")
    };
    let panics = respond(
        panics.boxed(),
        RequestId::Number(7),
        Duration::from_secs(10),
    );
    for response in [answer(11, server_error()).await, panics.await] {
        let text = text(response).await;
        let data = text.split("data: ").nth(1).unwrap();
        let message: Value = serde_json::from_str(data.trim()).unwrap();
        assert_eq!(message["id"], 7);
        assert_eq!(message["error"]["code"], INTERNAL_ERROR);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_cancels_the_call() {
    struct Ends(std::sync::Arc<std::sync::atomic::AtomicBool>);
    impl Drop for Ends {
        fn drop(&mut self) {
            self.0.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    }
    let ended = std::sync::Arc::default();
    let guard = Ends(std::sync::Arc::clone(&ended));
    let running = async move {
        let _guard = guard;
        std::future::pending().await
    };
    let response = respond(
        running.boxed(),
        RequestId::Number(7),
        Duration::from_secs(1),
    )
    .await;
    assert!(!ended.load(std::sync::atomic::Ordering::Relaxed));
    drop(response);
    assert!(ended.load(std::sync::atomic::Ordering::Relaxed));
}
