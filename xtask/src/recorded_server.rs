//! A server behind a proxy that records what a client and the server send.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Error,
    child_process::{Server, free_port},
    client_installer::Tools,
};

/// A server and the proxy before it. Both run until this is dropped.
#[derive(Debug)]
pub(crate) struct RecordedServer {
    url: String,
    record: PathBuf,
    _running: [Server; 2],
}

impl RecordedServer {
    /// Empties a folder, and starts a program and the proxy in it. `configure` adds to the
    /// command; it gets the URL that clients use, and the path of the record.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written, or one of the two does not start.
    pub(crate) fn start(
        tools: &Tools,
        program: &str,
        folder: &Path,
        configure: impl FnOnce(&mut Command, &str, &Path) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let (bind, port) = (free_port()?, free_port()?);
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder.join("home"))?;
        let record = folder.join("wire.jsonl");
        let url = format!("http://127.0.0.1:{port}/mcp");
        let mut server = tools.program(program);
        server
            .current_dir(folder)
            .env("TOOLGATE_BIND", format!("127.0.0.1:{bind}"))
            .env("TOOLGATE_RESOURCE", &url);
        configure(&mut server, &url, &record)?;
        let server = Server::start(&mut server, bind, &folder.join("server.log"))?;
        let mut proxy = tools.script("wire.mjs");
        proxy
            .args([port.to_string(), bind.to_string()])
            .arg(&record);
        let proxy = Server::start(&mut proxy, port, &folder.join("wire.log"))?;
        Ok(Self {
            url,
            record,
            _running: [proxy, server],
        })
    }

    /// Returns the URL that clients use.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns what was sent so far, one JSON object per line.
    pub(crate) fn record(&self) -> String {
        fs::read_to_string(&self.record).unwrap_or_default()
    }
}
