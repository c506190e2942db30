//! Calls that take longer than nginx waits for a byte of a response.

use std::{thread, time::Duration};

use serde_json::{Value, json};

use super::{
    curl::{Curl, Response},
    message::{session_call, stateless_call},
};
use crate::Error;

/// nginx ends a connection that is silent for this time. Toolgate's streams have a comment
/// every 15 seconds.
pub(super) const DIRECTIVES: &str = "proxy_read_timeout 20s;";
const SILENCE: Duration = Duration::from_secs(20);

/// How long a call takes, in seconds. It is longer than the time from the first byte until
/// nginx ends a stream without further comments.
const CALL: u64 = 26;

const ANSWER: &str = "waited";

/// What the calls show, in the order of their results.
pub(super) const SHOWN: [&str; 3] = [
    "nginx ends a call of 26 s that sends no byte for 20 s",
    "`with_stream_after` keeps the same call",
    "a session keeps the same call",
];

type Check = fn(&Curl, &str) -> Result<(), Error>;

/// Calls the slow tool in three ways at the same time.
pub(super) fn check(curl: &Curl, url: &str) -> [Result<(), String>; 3] {
    let checks: [Check; 3] = [is_cut, is_streamed, is_in_session];
    thread::scope(|scope| {
        // An error of another thread has to be a text.
        let run =
            |check: Check| scope.spawn(move || check(curl, url).map_err(|error| error.to_string()));
        checks.map(run).map(|running| {
            let done = running.join();
            done.unwrap_or_else(|_| Err("the check panicked".to_owned()))
        })
    })
}

fn arguments() -> Value {
    json!({"seconds": CALL})
}

/// A client that accepts no event stream gets no byte before the result. Without this check
/// the others would also pass if nginx never ended a connection.
fn is_cut(curl: &Curl, url: &str) -> Result<(), Error> {
    let call = stateless_call(url, "wait", &arguments());
    let answer = curl.send(&call.with_header("accept", "application/json"))?;
    answer.expect_status(504).map(drop)
}

fn is_streamed(curl: &Curl, url: &str) -> Result<(), Error> {
    let answer = curl.send(&stateless_call(url, "wait", &arguments()))?;
    expect_stream(&answer)
}

fn is_in_session(curl: &Curl, url: &str) -> Result<(), Error> {
    let call = session_call(curl, url, None, ("wait", &arguments()))?;
    expect_stream(&curl.send(&call)?)
}

/// Asserts that the result came at the end of a stream whose first byte nginx did not hold
/// back.
fn expect_stream(answer: &Response) -> Result<(), Error> {
    let result = &answer.json()?["result"]["content"][0]["text"];
    if answer.status != 200 || result != ANSWER {
        return Err(format!("the call has no result: {answer}").into());
    }
    if answer.total < Duration::from_secs(CALL) || answer.first_byte > SILENCE {
        let first = answer.first_byte;
        return Err(format!("the stream is buffered, first byte after {first:?}: {answer}").into());
    }
    Ok(())
}
