//! Runs the program that is diagnosed, within limits of time and memory.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Command,
    time::timeout,
};

/// How long the program may take to print. It needs no network for that.
pub(super) const LIMIT: Duration = Duration::from_secs(10);

/// The most bytes that are read of each stream.
const LARGEST: u64 = 1 << 20;

/// What the program printed.
#[derive(Debug)]
pub(super) struct Printed {
    pub(super) is_success: bool,
    pub(super) out: String,
    pub(super) errors: String,
}

/// Runs the program with further arguments.
///
/// # Errors
///
/// Returns why it cannot be started, or did not end.
pub(super) async fn run(program: &[String], arguments: &[&str]) -> Result<Printed, String> {
    let (path, own) = program.split_first().ok_or("no program is named")?;
    let mut child = Command::new(path)
        .args(own)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("`{path}` cannot be started: {error}"))?;
    let (out, errors) = (child.stdout.take(), child.stderr.take());
    let ended = async {
        // Reads both pipes concurrently, because the program blocks on a full pipe.
        let (out, errors) = tokio::join!(read(out), read(errors));
        Ok::<_, String>((out?, errors?, child.wait().await))
    };
    let seconds = LIMIT.as_secs();
    let ended = timeout(LIMIT, ended).await;
    let (out, errors, status) = ended.map_err(|_| {
        format!(
            "`{path} {}` did not end within {seconds} s",
            arguments.join(" ")
        )
    })??;
    let status = status.map_err(|error| format!("`{path}`: {error}"))?;
    Ok(Printed {
        is_success: status.success(),
        out,
        errors,
    })
}

async fn read(stream: Option<impl AsyncRead + Unpin>) -> Result<String, String> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let read = stream.take(LARGEST + 1).read_to_end(&mut bytes).await;
        let count = read.map_err(|error| error.to_string())?;
        if count as u64 > LARGEST {
            return Err("the program printed more than 1 MiB".to_owned());
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
