//! [`kill_during_writes`]: a server that is killed while clients write.

use crate::server_process::Serving;

/// Lets four writers write, kills the server after at least `least` acknowledged writes, and
/// returns the names of all acknowledged ones. `write` writes something with a name that is unique
/// for this `round`, and returns whether the server acknowledged it.
///
/// # Panics
///
/// If the server ends earlier, or ends with success.
pub async fn kill_during_writes<W>(
    server: Serving,
    round: u64,
    least: usize,
    write: impl Fn(String) -> W + Clone + Send + 'static,
) -> Vec<String>
where
    W: Future<Output = bool> + Send + 'static,
{
    let (sender, mut written) = tokio::sync::mpsc::unbounded_channel();
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (write, sender) = (write.clone(), sender.clone());
            tokio::spawn(async move {
                for number in 0.. {
                    let name = format!("{round}.{writer}.{number}");
                    if !write(name.clone()).await {
                        break;
                    }
                    let _ = sender.send(name);
                }
            })
        })
        .collect();
    drop(sender);
    let mut acknowledged = Vec::new();
    for _ in 0..least {
        acknowledged.push(written.recv().await.expect("a write"));
    }
    assert!(!server.killed().await.status.success());
    for writer in writers {
        writer.await.expect("no panic");
    }
    while let Some(name) = written.recv().await {
        acknowledged.push(name);
    }
    acknowledged
}
