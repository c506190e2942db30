//! Servers as separate processes.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::Fault;

/// Returns the time that all processors of the machine have been busy so far.
pub(crate) fn machine_busy() -> Result<Duration, Fault> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().unwrap_or_default();
    let ticks: Vec<u64> = line
        .split_whitespace()
        .skip(1)
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let idle = [3, 4].iter().filter_map(|&place| ticks.get(place));
    // Guest time is included in the first two; Linux counts 100 ticks per second.
    let all: u64 = ticks.iter().take(8).sum();
    Ok(Duration::from_millis((all - idle.sum::<u64>()) * 10))
}

/// A server that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
    /// Its replicas, whose CPU time counts as its own.
    replicas: Vec<Self>,
}

impl Process {
    /// Starts this program as one of its servers, writes a line to its input, and waits until
    /// it prints its address.
    pub(crate) fn start(arguments: &[&str], line: &str) -> Result<Self, Fault> {
        let mut child = Command::new(env::current_exe()?)
            .arg("serve")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        // Dropping the input closes it, and the server then exits.
        let mut input = child.stdin.take().ok_or("a pipe")?;
        writeln!(input, "{line}")?;
        child.stdin = Some(input);
        let output = child.stdout.take().ok_or("a pipe")?;
        let mut process = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            replicas: Vec::new(),
        };
        let mut said = String::new();
        BufReader::new(output).read_line(&mut said)?;
        let address = said.trim().parse();
        process.address = address.map_err(|_| format!("{arguments:?} did not start: {said}"))?;
        Ok(process)
    }

    /// Starts another program that listens on this address when it is ready.
    pub(crate) fn of(mut command: Command, address: SocketAddr) -> Result<Self, Fault> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let replicas = Vec::new();
        Ok(Self {
            child,
            address,
            replicas,
        })
    }

    /// Returns the server together with replicas of it.
    pub(crate) fn with_replicas(mut self, replicas: Vec<Self>) -> Self {
        self.replicas = replicas;
        self
    }

    /// Returns its address, and those of its replicas.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        let others = self.replicas.iter().map(|replica| replica.address);
        [self.address].into_iter().chain(others).collect()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> Result<bool, Fault> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Returns its CPU time so far.
    pub(crate) fn busy(&self) -> Result<Duration, Fault> {
        let mut nanoseconds = 0;
        for replica in &self.replicas {
            nanoseconds += u64::try_from(replica.busy()?.as_nanos())?;
        }
        for thread in fs::read_dir(self.file("task"))? {
            // A thread can end during this loop.
            let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else {
                continue;
            };
            let busy = text.split_whitespace().next().unwrap_or_default();
            nanoseconds += busy.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Returns its resident memory, in bytes.
    pub(crate) fn resident(&self) -> Result<u64, Fault> {
        let status = fs::read_to_string(self.file("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kilobytes: u64 = kilobytes.ok_or("VmRSS is not in kB")?.parse()?;
        Ok(kilobytes * 1024)
    }

    fn file(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{name}", self.child.id()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
