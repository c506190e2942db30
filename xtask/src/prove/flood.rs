//! Unauthenticated clients at full speed, in a separate process.
//!
//! Real attackers would use other machines. This process has a lower priority, so that the test
//! measures how the server shares its time, and not how the machine does.

use std::{
    env, io,
    process::{Child, Command, Stdio},
    thread::{self, sleep},
    time::{Duration, Instant},
};

use crate::Error;

use super::{
    body_shapes::{BodyShape, Pace},
    http_client::Connection,
};

/// How much is written before the clock is read again, in bytes.
const PIECE: usize = 64 * 1024;

/// The `nice` value of the process. With a higher one it would hardly send anything on a busy
/// machine.
const NICE: &str = "5";

/// The delay between two bytes of a slow client.
const DRIP: Duration = Duration::from_millis(100);

/// A running flood.
pub(super) struct FloodWorker(Child);

/// Starts a flood for the given time.
pub(super) fn start(
    port: u16,
    form: BodyShape,
    connections: usize,
    time: Duration,
) -> Result<FloodWorker, Error> {
    let form = BodyShape::ALL.iter().position(|one| *one == form);
    let numbers = [
        u64::from(port),
        form.unwrap_or_default() as u64,
        connections as u64,
        time.as_secs(),
    ];
    let mut command = Command::new("nice");
    command
        .args(["-n", NICE])
        .arg(env::current_exe()?)
        .arg("flood-worker")
        .args(numbers.map(|number| number.to_string()))
        .stdout(Stdio::piped());
    let child = command.spawn();
    let child = child.map_err(|error| format!("{command:?}: {error}"))?;
    Ok(FloodWorker(child))
}

impl FloodWorker {
    /// Waits for the end of the flood. Returns the number of requests.
    pub(super) fn end(mut self) -> Result<u64, Error> {
        let mut output = String::new();
        if let Some(mut out) = self.0.stdout.take() {
            io::Read::read_to_string(&mut out, &mut output)?;
        }
        self.0.wait()?;
        let sent = output.trim().parse();
        sent.map_err(|_| format!("the flood process printed no number: {output:?}").into())
    }
}

impl Drop for FloodWorker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The main function of the flood process. Arguments: port, form, connections and seconds.
pub(crate) fn flood_worker(arguments: &[&str]) -> Result<u64, Error> {
    let numbers: Vec<usize> = arguments
        .iter()
        .map(|one| one.parse())
        .collect::<Result<_, _>>()?;
    let &[port, form, connections, seconds] = numbers.as_slice() else {
        return Err("port, form, connections and seconds are required".into());
    };
    let port = u16::try_from(port)?;
    let form = *BodyShape::ALL.get(form).ok_or("unknown form of body")?;
    let end = Instant::now() + Duration::from_secs(seconds as u64);
    let (request, head) = form.request(port);
    let sent = thread::scope(|scope| {
        let flood_connection =
            || scope.spawn(|| flood_connection(port, &request, head, form.pace(), end));
        let flood_worker: Vec<_> = (0..connections).map(|_| flood_connection()).collect();
        let sent = flood_worker.into_iter().map(|one| one.join().unwrap_or(0));
        sent.sum()
    });
    Ok(sent)
}

/// Opens one connection after another until the end. Returns the number of requests.
fn flood_connection(port: u16, request: &[u8], head: usize, pace: Pace, end: Instant) -> u64 {
    let mut sent = 0;
    while Instant::now() < end {
        let Ok(mut connection) = Connection::open(port) else {
            // If the server accepts no more connections, wait instead of a tight loop.
            sleep(DRIP);
            continue;
        };
        // A request that the server cuts off counts too.
        while Instant::now() < end {
            sent += 1;
            let is_good = match pace {
                Pace::AtOnce => whole(&mut connection, request, end),
                Pace::Half => half(&mut connection, request, end),
                Pace::Drip => drip(&mut connection, request, head, end),
            };
            if is_good.is_err() {
                break;
            }
        }
    }
    sent
}

fn whole(connection: &mut Connection, request: &[u8], end: Instant) -> io::Result<()> {
    pieces(connection, request, end)?;
    connection.answer().map(drop)
}

fn half(connection: &mut Connection, request: &[u8], end: Instant) -> io::Result<()> {
    pieces(connection, &request[..request.len() / 2], end)?;
    sleep(end.saturating_duration_since(Instant::now()));
    Ok(())
}

fn drip(connection: &mut Connection, request: &[u8], head: usize, end: Instant) -> io::Result<()> {
    let (first, rest) = request.split_at(head + PIECE);
    connection.write(first)?;
    for byte in rest {
        if Instant::now() >= end {
            break;
        }
        connection.write(&[*byte])?;
        sleep(DRIP);
    }
    Ok(())
}

fn pieces(connection: &mut Connection, bytes: &[u8], end: Instant) -> io::Result<()> {
    for piece in bytes.chunks(PIECE) {
        if Instant::now() >= end {
            return Err(io::ErrorKind::TimedOut.into());
        }
        connection.write(piece)?;
    }
    Ok(())
}
