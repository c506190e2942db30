//! Many idle connections, and many subscribers of one resource.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::try_join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime,
    time::{sleep, timeout},
};

use crate::{
    Fault,
    connection::Connection,
    options::Options,
    process::Process,
    servers::{FEED, resource},
    stage::{Issuer, ask_until, mcp},
    table::Row,
};

/// How many connections are idle. The limit of open files must be higher.
const CONNECTIONS: usize = 9_500;

/// How many principals subscribe, and how many without the scope try to.
const SUBSCRIBERS: usize = 1_000;
const STRANGERS: usize = 100;

/// The updates, and the time between two of them.
const UPDATES: usize = 100;
const INTERVAL: Duration = Duration::from_millis(100);

/// How long the last updates may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a notification of an update contains.
const NOTIFICATION: &[u8] = b"notifications/resources/updated";

pub(super) fn crowd(issuer: &Issuer, options: &Options) -> Result<[Row; 2], Fault> {
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    let part = |number: usize| number.min(options.tokens);
    Ok([
        runtime.block_on(idle_connections(issuer, part(CONNECTIONS)))?,
        runtime.block_on(subscribers(issuer, part(SUBSCRIBERS)))?,
    ])
}

fn kib(process: &Process) -> Result<f64, Fault> {
    Ok(process.resident()? as f64 / 1024.0)
}

/// Connections on which one call was answered, and which stay open.
async fn idle_connections(issuer: &Issuer, count: usize) -> Result<Row, Fault> {
    let process = Process::start(&["protected", issuer.url()], "")?;
    let endpoint = mcp(&process);
    let token = issuer.token_of(&resource(process.address()), 0);
    let call = endpoint.call(Some(&token));
    ask_until(&endpoint, &call, 200)?;
    let before = kib(&process)?;
    let mut open = Vec::new();
    for _ in 0..count {
        let mut connection = Connection::open(process.address()).await?;
        connection.exchange(&call).await?;
        open.push(connection);
    }
    let each = (kib(&process)? - before) / count as f64;
    // Every one of them still works.
    for connection in open.iter_mut().step_by(100) {
        connection.exchange(&call).await?;
    }
    Ok(Row {
        measure: "memory of an idle connection",
        figures: format!("{count} keep-alive connections with one call each"),
        result: format!("{each:.1} KiB"),
        target: "≤ 24 KiB",
        is_met: Some(each <= 24.0),
    })
}

/// What the subscribers have received.
#[derive(Default)]
struct Received {
    updates: AtomicUsize,
}

/// Opens a stream of updates, and returns it when the server has accepted it.
async fn listen(process: &Process, token: &str) -> Result<(u16, TcpStream), Fault> {
    let mut stream = TcpStream::connect(process.address()).await?;
    let request = mcp(process).listen(FEED, token);
    stream.write_all(&request).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head)?;
    let status = head.split(' ').nth(1).ok_or("there is no status")?;
    Ok((status.parse()?, stream))
}

/// Counts the updates of a stream until all have arrived.
async fn count(mut stream: TcpStream, received: &Received) -> Result<(), Fault> {
    let (mut text, mut buffer, mut counted) = (Vec::new(), [0; 4096], 0);
    while counted < UPDATES {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Err("a subscription ended".into());
        }
        text.extend_from_slice(&buffer[..read]);
        let windows = text.windows(NOTIFICATION.len());
        let places = windows
            .enumerate()
            .filter(|(_, bytes)| *bytes == NOTIFICATION);
        let places: Vec<_> = places.map(|(place, _)| place).collect();
        if let Some(last) = places.last() {
            text.drain(..last + NOTIFICATION.len());
        }
        counted += places.len();
        received.updates.fetch_add(places.len(), Ordering::Relaxed);
    }
    Ok(())
}

/// A thousand principals that get ten updates a second.
async fn subscribers(issuer: &Issuer, principals: usize) -> Result<Row, Fault> {
    let process = Arc::new(Process::start(&["feed", issuer.url()], "")?);
    let audience = resource(process.address());
    let endpoint = mcp(&process);
    let publish = endpoint.call_of("publish", "{}", Some(&issuer.token_of(&audience, 0)));
    ask_until(&endpoint, &publish, 200)?;
    let before = kib(&process)?;
    for number in 0..STRANGERS {
        let token = issuer.token(&audience, "weather:other", number);
        let (status, _) = listen(&process, &token).await?;
        if status != 403 {
            return Err(format!("a subscription without the scope has the status {status}").into());
        }
    }
    let received = Arc::new(Received::default());
    let mut counts = Vec::new();
    for user in 0..principals {
        let (status, stream) = listen(&process, &issuer.token_of(&audience, user)).await?;
        if status != 200 {
            return Err(format!("a subscription has the status {status}").into());
        }
        let received = Arc::clone(&received);
        counts.push(tokio::spawn(async move { count(stream, &received).await }));
    }
    let each = (kib(&process)? - before) / principals as f64;
    let mut publisher = Connection::open(process.address()).await?;
    let begun = Instant::now();
    for number in 0..UPDATES {
        publisher.exchange(&publish).await?;
        let next = INTERVAL * u32::try_from(number + 1)?;
        sleep(next.saturating_sub(begun.elapsed())).await;
    }
    let all = timeout(PATIENCE, try_join_all(counts)).await;
    let elapsed = begun.elapsed().as_secs_f64();
    let (arrived, expected) = (
        received.updates.load(Ordering::Relaxed),
        principals * UPDATES,
    );
    if let Ok(ended) = all {
        for one in ended? {
            one?;
        }
    }
    Ok(Row {
        measure: "updates to subscribers, ten a second to all",
        figures: format!(
            "{principals} principals, {each:.1} KiB each; in {elapsed:.1} s; {STRANGERS} without the scope were refused"
        ),
        result: format!("{arrived} of {expected} updates"),
        target: "all of them",
        is_met: Some(arrived == expected),
    })
}
