//! A server as a process, as a user starts it in a terminal.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{self, Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::time::sleep;

pub use crate::folder::Folder;

/// How long a process may take to start, or to exit.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A program that inherits no environment variables.
#[derive(Debug)]
pub struct Program {
    command: Command,
    input: Option<String>,
}

impl Program {
    /// Selects a program by its path (from `env!("CARGO_BIN_EXE_…")`), to run in a folder.
    #[must_use]
    pub fn new(path: &str, folder: &Folder) -> Self {
        let mut command = Command::new(path);
        command
            .env_clear()
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self {
            command,
            input: None,
        }
    }

    /// Writes this to its standard input, and closes it.
    #[must_use]
    pub fn input(mut self, text: &str) -> Self {
        self.input = Some(text.to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn var(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.command.env(name, value.as_ref());
        self
    }

    /// Starts it.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start(mut self) -> Process {
        if self.input.is_some() {
            self.command.stdin(Stdio::piped());
        }
        let mut child = self.command.spawn().expect("the program can be started");
        let out = collect(child.stdout.take().expect("a pipe"));
        let err = collect(child.stderr.take().expect("a pipe"));
        if let Some(input) = self.input {
            let mut pipe = child.stdin.take().expect("a pipe");
            // A program that reads nothing closes the pipe.
            let _ = pipe.write_all(input.as_bytes());
        }
        Process { child, out, err }
    }

    /// Runs it to its end.
    ///
    /// # Panics
    ///
    /// If it does not exit in time.
    pub async fn run(self) -> Ended {
        self.start().ends().await
    }

    /// Starts it as a server on a free port of 127.0.0.1, and waits until it listens.
    ///
    /// # Panics
    ///
    /// If it does not listen in time.
    pub async fn serve(self) -> Serving {
        let address = free_address();
        let process = self.var("TOOLGATE_BIND", address.to_string()).start();
        process.listens_on(address).await
    }
}

/// Returns an unused address.
///
/// Its port is below those that the system gives to outgoing connections. Otherwise such a
/// connection could take it before the server does, even that of the test which waits for the server.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn free_address() -> SocketAddr {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let of_process = u16::try_from(process::id() % 190).expect("a small number") * 64;
    let free = (0..64).find_map(|_| {
        let port = 20_000 + of_process + TAKEN.fetch_add(1, Ordering::Relaxed) % 64;
        let listener = TcpListener::bind(("127.0.0.1", port)).ok()?;
        listener.local_addr().ok()
    });
    free.expect("a free port")
}

/// A program that runs until this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    out: Text,
    err: Text,
}

impl Process {
    /// Waits until it listens.
    ///
    /// # Panics
    ///
    /// If it does not listen within half a minute, or exits.
    pub async fn listens_on(mut self, address: SocketAddr) -> Serving {
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            let ended = self.child.try_wait().expect("a state");
            assert!(
                ended.is_none() && start.elapsed() < TIMEOUT,
                "{ended:?}: {}",
                self.err.read()
            );
            sleep(Duration::from_millis(10)).await;
        }
        Serving {
            process: self,
            address,
        }
    }

    /// Waits until it has written this to stderr, and returns all of its output there.
    ///
    /// # Panics
    ///
    /// If it does not write it within half a minute.
    pub async fn says(&self, text: &str) -> String {
        let start = Instant::now();
        loop {
            let said = self.err.read();
            if said.contains(text) {
                return said;
            }
            assert!(start.elapsed() < TIMEOUT, "no {text:?} in: {said}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until it has written more than `before` whole lines with this text to stderr, and
    /// returns the next one.
    ///
    /// # Panics
    ///
    /// If it does not write it within half a minute.
    pub async fn says_line(&self, text: &str, before: usize) -> String {
        let start = Instant::now();
        loop {
            let said = self.err.read();
            let whole = said
                .split_inclusive('\n')
                .filter(|line| line.ends_with('\n'));
            if let Some(line) = whole.filter(|line| line.contains(text)).nth(before) {
                return line.trim().to_owned();
            }
            let count = before + 1;
            assert!(
                start.elapsed() < TIMEOUT,
                "not {count} × {text:?} in: {said}"
            );
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until it has written this to stderr, or has exited. Returns whether it has written it.
    ///
    /// # Panics
    ///
    /// If it does neither within half a minute.
    pub async fn says_before_it_ends(&mut self, text: &str) -> bool {
        let start = Instant::now();
        loop {
            let ended = self.child.try_wait().expect("a state");
            let said = self.err.read();
            if said.contains(text) || ended.is_some() {
                return said.contains(text);
            }
            assert!(start.elapsed() < TIMEOUT, "no {text:?} in: {said}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until it has exited.
    ///
    /// # Panics
    ///
    /// If it does not exit within half a minute.
    pub async fn ends(mut self) -> Ended {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a state") {
                break status;
            }
            assert!(start.elapsed() < TIMEOUT, "{}", self.err.read());
            sleep(Duration::from_millis(10)).await;
        };
        Ended {
            status,
            stdout: self.out.finish(),
            stderr: self.err.finish(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that has exited.
#[derive(Debug)]
pub struct Ended {
    /// The exit status.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// A server that runs as a process.
#[derive(Debug)]
pub struct Serving {
    process: Process,
    address: SocketAddr,
}

impl Serving {
    /// Returns its address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns its default MCP endpoint.
    #[must_use]
    pub fn resource(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// Returns another URL of it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns the id of its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.child.id()
    }

    /// See [`Process::says`].
    pub async fn says(&self, text: &str) -> String {
        self.process.says(text).await
    }

    /// Returns whether it has written a text so far.
    #[must_use]
    pub fn has_said(&self, text: &str) -> bool {
        self.process.err.read().contains(text)
    }

    /// Sends it a signal, `TERM` or `INT`, and waits until it has exited.
    ///
    /// # Panics
    ///
    /// If no shell is available to send it, or the server does not exit.
    pub async fn ended_by(self, signal: &str) -> Ended {
        self.signalled(signal);
        self.process.ends().await
    }

    /// Sends it a signal, such as `HUP`.
    ///
    /// # Panics
    ///
    /// If no shell is available to send it.
    pub fn signalled(&self, signal: &str) {
        let command = format!("kill -{signal} {}", self.process.child.id());
        let sent = Command::new("sh").args(["-c", &command]).status();
        assert!(sent.expect("a shell").success(), "{command}");
    }

    /// Ends it with SIGKILL, without any cleanup.
    ///
    /// # Panics
    ///
    /// If it cannot be killed.
    pub async fn killed(mut self) -> Ended {
        self.process.child.kill().expect("it can be killed");
        self.process.ends().await
    }
}

/// The output of a process, read as it is written.
#[derive(Debug)]
struct Text {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Text {
    fn read(&self) -> String {
        let bytes = self.bytes.lock().expect("the reader does not panic");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn finish(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader does not panic");
        }
        self.read()
    }
}

fn collect(mut from: impl Read + Send + 'static) -> Text {
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&bytes);
    let reader = thread::spawn(move || {
        let mut part = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut part) {
            let mut all = to.lock().expect("not poisoned");
            all.extend_from_slice(&part[..read]);
        }
    });
    Text {
        bytes,
        reader: Some(reader),
    }
}
