//! A host that starts the server and speaks to it.

use std::{process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    time::timeout,
};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The revisions: with a handshake, and without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    Session,
    Stateless,
}

impl Era {
    pub(crate) const BOTH: [Self; 2] = [Self::Session, Self::Stateless];
}

/// A running server.
pub(crate) struct Host {
    pub(crate) child: Child,
    stdin: Option<ChildStdin>,
    stdout: Lines<BufReader<ChildStdout>>,
    stderr: Option<ChildStderr>,
    era: Era,
    next_id: i64,
    /// Every line of standard output.
    pub(crate) lines: Vec<String>,
}

/// What was left when the server ended.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) is_success: bool,
    pub(crate) lines: Vec<String>,
    pub(crate) stderr: String,
}

/// Returns the command that serves a caller with these arguments: name, scopes, roles, acr.
pub(crate) fn command(caller: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stdio_server"));
    command
        .args(caller)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

impl Host {
    /// Starts the server for this caller, and opens the session if the revision has one.
    pub(crate) async fn start(era: Era, caller: &[&str]) -> Self {
        let mut host = Self::spawn(era, &mut command(caller));
        host.open().await;
        host
    }

    pub(crate) fn spawn(era: Era, command: &mut Command) -> Self {
        let mut child = command.spawn().expect("the server starts");
        let stdout = child.stdout.take().expect("a pipe");
        Self {
            stdin: child.stdin.take(),
            stdout: BufReader::new(stdout).lines(),
            stderr: child.stderr.take(),
            child,
            era,
            next_id: 0,
            lines: Vec::new(),
        }
    }

    /// Performs the handshake, if the revision has one.
    pub(crate) async fn open(&mut self) {
        if self.era == Era::Stateless {
            return;
        }
        let params = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {"elicitation": {"form": {}}},
            "clientInfo": {"name": "host", "version": "1"},
        });
        let opened = self.request("initialize", params).await;
        assert_eq!(opened["result"]["protocolVersion"], "2025-11-25");
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            .await;
    }

    /// Writes one line, whatever it is.
    pub(crate) async fn write(&mut self, line: &[u8]) {
        let stdin = self.stdin.as_mut().expect("it is open");
        stdin.write_all(line).await.expect("it is read");
        stdin.write_all(b"\n").await.expect("it is read");
        stdin.flush().await.expect("it is read");
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.write(message.to_string().as_bytes()).await;
    }

    /// Sends a request without waiting for its answer. Returns its id.
    pub(crate) async fn begin(&mut self, method: &str, mut params: Value) -> i64 {
        self.next_id += 1;
        if self.era == Era::Stateless {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": {"name": "host", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
            });
        }
        let id = self.next_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
            .await;
        id
    }

    /// Returns the next message. Every line has to be one.
    pub(crate) async fn next(&mut self) -> Value {
        let line = timeout(TIMEOUT, self.stdout.next_line()).await;
        let line = line.expect("an answer in time").expect("it is text");
        let line = line.expect("a line");
        self.lines.push(line.clone());
        message(&line)
    }

    /// Returns the answer to a request, and drops what comes before it.
    pub(crate) async fn answer(&mut self, id: i64) -> Value {
        loop {
            let message = self.next().await;
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
        }
    }

    pub(crate) async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params).await;
        self.answer(id).await
    }

    pub(crate) async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.request("tools/call", json!({"name": tool, "arguments": arguments}))
            .await
    }

    /// Calls a tool that must answer, and returns its text.
    pub(crate) async fn text(&mut self, tool: &str, arguments: Value) -> String {
        let answer = self.call(tool, arguments).await;
        let text = answer["result"]["content"][0]["text"].as_str();
        text.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Returns the names of a list.
    pub(crate) async fn names(&mut self, method: &str, member: &str) -> Vec<String> {
        let answer = self.request(method, json!({})).await;
        let items = answer["result"][member].as_array();
        let items = items.unwrap_or_else(|| panic!("{answer}"));
        let name = |item: &Value| item["name"].as_str().expect("a name").to_owned();
        items.iter().map(name).collect()
    }

    /// Closes standard input.
    pub(crate) fn close(&mut self) {
        drop(self.stdin.take());
    }

    /// Waits for the end of the server, whose input stays as it is.
    pub(crate) async fn end(mut self) -> End {
        while let Some(line) = timeout(TIMEOUT, self.stdout.next_line())
            .await
            .expect("it ends in time")
            .expect("it is text")
        {
            message(&line);
            self.lines.push(line);
        }
        let ended = timeout(TIMEOUT, self.child.wait()).await;
        let status = ended.expect("it ends in time").expect("a status");
        let mut stderr = String::new();
        let mut pipe = self.stderr.take().expect("a pipe");
        pipe.read_to_string(&mut stderr).await.expect("it is text");
        End {
            is_success: status.success(),
            lines: self.lines,
            stderr,
        }
    }

    /// Closes standard input and waits for the end of the server.
    pub(crate) async fn finish(mut self) -> End {
        self.close();
        self.end().await
    }
}

/// Returns the message of a line, which must be one of JSON-RPC.
fn message(line: &str) -> Value {
    let message: Value = serde_json::from_str(line).unwrap_or_else(|error| {
        panic!("standard output has a line that is no message: {line:?}: {error}")
    });
    assert_eq!(message["jsonrpc"], "2.0", "{line}");
    message
}
