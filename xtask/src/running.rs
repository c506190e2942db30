//! Programs that are started, and ended whatever happens.

use std::{
    fs::File,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::Fault;

/// How long a server may take to listen.
const START: Duration = Duration::from_secs(60);

const POLL: Duration = Duration::from_millis(20);

/// A server that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Server(Child);

impl Server {
    /// Starts one, and waits until it listens. What it prints goes to a file.
    pub(crate) fn start(command: &mut Command, port: u16, log: &Path) -> Result<Self, Fault> {
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
            let ended = server.0.try_wait()?.map(|status| status.to_string());
            if ended.is_some() || begun.elapsed() > START {
                let how = ended.unwrap_or_else(|| "it does not listen".to_owned());
                return Err(
                    format!("{command:?} did not start: {how}; see {}", log.display()).into(),
                );
            }
            sleep(POLL);
        }
        Ok(server)
    }

    /// The id of its process.
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

/// A port on which nobody listens.
pub(crate) fn free_port() -> Result<u16, Fault> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Runs a program to its end, whatever that is, and ends it when it takes too long.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<Ended, Fault> {
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
            // The standard library cannot end a child that another thread waits for.
            let _ = Command::new("kill").arg(id.to_string()).status();
        }
        sleep(POLL);
    }
    let output = waiting
        .join()
        .map_err(|_| "a thread that waited for a program ended")??;
    Ok(Ended { output, late })
}

/// Runs a program that has to succeed, and lets the person read what it prints.
pub(crate) fn must(command: &mut Command) -> Result<(), Fault> {
    let status: ExitStatus = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{command:?}: {error}; is it installed?"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{command:?} failed: {status}").into()),
    }
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    output: Output,
    late: bool,
}

impl Ended {
    /// Whether it said itself that all is well.
    pub(crate) fn succeeded(&self) -> bool {
        self.output.status.success() && !self.late
    }

    /// What it printed.
    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// Everything that it said, and how it ended.
    pub(crate) fn told(&self) -> String {
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
