//! A Redis of this test, on a port of its own.

use std::{
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::server_process::free_address;

/// A Redis that runs until this is dropped. It stores nothing on disk.
pub struct RedisServer {
    port: u16,
    process: Option<Child>,
}

impl RedisServer {
    /// Starts it at a free port.
    pub fn start() -> Self {
        let mut server = Self {
            port: free_address().port(),
            process: None,
        };
        server.begin();
        server
    }

    /// Starts it again, with no data.
    pub fn begin(&mut self) {
        let port = self.port.to_string();
        let arguments = ["--port", &port, "--save", "", "--appendonly", "no"];
        let process = Command::new("redis-server")
            .args(arguments)
            .args(["--bind", "127.0.0.1", "--loglevel", "warning"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed: cargo xtask interop redis installs it");
        self.process = Some(process);
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "it listens");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Returns the URL for `TOOLGATE_STORE_URL`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Sends a command with redis-cli.
    pub fn command(&self, words: &[&str]) {
        let done = Command::new("redis-cli")
            .args(["-p", &self.port.to_string()])
            .args(words)
            .output()
            .expect("redis-cli is installed with redis-server");
        assert!(done.status.success(), "{words:?} {done:?}");
    }

    /// Delays every command by this time, once.
    pub fn pause(&self, time: Duration) {
        self.command(&["CLIENT", "PAUSE", &time.as_millis().to_string(), "ALL"]);
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
