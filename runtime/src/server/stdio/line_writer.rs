//! Writes messages to standard output, one line each.

use std::{
    io::{self, Write},
    thread,
};

use tokio::sync::{mpsc, oneshot};

/// Writes lines in a thread of its own, until all senders are dropped or the client is gone.
/// Returns the sender of lines, and a receiver that completes after the last line.
///
/// # Errors
///
/// Returns an error if the thread cannot be started.
pub(super) fn write_lines(
    mut output: impl Write + Send + 'static,
    capacity: usize,
) -> io::Result<(mpsc::Sender<Vec<u8>>, oneshot::Receiver<()>)> {
    let (lines, mut waiting) = mpsc::channel::<Vec<u8>>(capacity);
    let (end, written) = oneshot::channel();
    let write = move || {
        while let Some(mut line) = waiting.blocking_recv() {
            line.push(b'\n');
            // One write, so that no other writer interrupts a message.
            let write = output.write_all(&line).and_then(|()| output.flush());
            if let Err(error) = write {
                tracing::debug!(%error, "the client reads no more answers");
                break;
            }
        }
        let _ = end.send(());
    };
    thread::Builder::new()
        .name("stdout".to_owned())
        .spawn(write)?;
    Ok((lines, written))
}
