//! Starts programs, and always ends them.

use std::{
    fs::File,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::Error;

/// How long a server may take to start listening.
const START: Duration = Duration::from_secs(60);

const POLL: Duration = Duration::from_millis(20);

/// A server that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Server(Child);

impl Server {
    /// Starts a server, and waits until it listens. Its output goes to a file.
    pub(crate) fn start(command: &mut Command, port: u16, log: &Path) -> Result<Self, Error> {
        let file = File::create(log)?;
        command
            .stdin(Stdio::null())
            .stderr(file.try_clone()?)
            .stdout(file);
        let mut server = Self(
            command
                .spawn()
                .map_err(|error| format!("{command:?}: {error}"))?,
        );
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let finished = server.0.try_wait()?.map(|status| status.to_string());
            if finished.is_some() || begun.elapsed() > START {
                let how = finished.unwrap_or_else(|| "it does not listen".to_owned());
                return Err(
                    format!("{command:?} did not start: {how}; see {}", log.display()).into(),
                );
            }
            sleep(POLL);
        }
        Ok(server)
    }

    /// Returns its process id.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns a port that is not in use.
pub(crate) fn free_port() -> Result<u16, Error> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Runs a program to its end, and kills it at the time limit.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<Finished, Error> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command
        .spawn()
        .map_err(|error| format!("{command:?}: {error}"))?;
    let id = child.id();
    let waiting = std::thread::spawn(move || child.wait_with_output());
    let begun = Instant::now();
    let mut late = false;
    while !waiting.is_finished() {
        if !late && begun.elapsed() > limit {
            late = true;
            // The standard library cannot kill a child while another thread waits for it.
            let _ = Command::new("kill").arg(id.to_string()).status();
        }
        sleep(POLL);
    }
    let output = waiting
        .join()
        .map_err(|_| "a thread that waited for a program panicked")??;
    Ok(Finished { output, late })
}

/// Runs a program that must succeed. Its output goes to the terminal.
pub(crate) fn must(command: &mut Command) -> Result<(), Error> {
    let status: ExitStatus = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{command:?}: {error}; is it installed?"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{command:?} failed: {status}").into()),
    }
}

/// The result of a program.
#[derive(Debug)]
pub(crate) struct Finished {
    output: Output,
    late: bool,
}

impl Finished {
    /// Whether it reported success.
    pub(crate) fn succeeded(&self) -> bool {
        self.output.status.success() && !self.late
    }

    /// Returns its standard output.
    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// Returns its whole output, and how it ended.
    pub(crate) fn report(&self) -> String {
        let late = if self.late {
            ", because it took too long"
        } else {
            ""
        };
        let err = String::from_utf8_lossy(&self.output.stderr);
        format!(
            "{}{err}ended with {}{late}\n",
            self.out(),
            self.output.status
        )
    }
}
