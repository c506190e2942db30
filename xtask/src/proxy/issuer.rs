//! A third-party issuer of one resource, and logins there.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    Error,
    child_process::{self, Server, free_port},
    client_installer::Tools,
};

/// An issuer that runs until this is dropped.
#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) name: String,
    _server: Server,
}

impl Issuer {
    /// Starts the issuer of a resource. Its logs go to the folder, which it creates.
    pub(super) fn start(
        tools: &Tools,
        folder: &Path,
        resource: &str,
        scopes: &[&str],
    ) -> Result<Self, Error> {
        fs::create_dir_all(folder)?;
        let port = free_port()?;
        let mut script = tools.script("issuer.mjs");
        script
            .args([&port.to_string(), resource])
            .arg(folder.join("issuer.jsonl"))
            .args(scopes);
        Ok(Self {
            name: format!("http://127.0.0.1:{port}"),
            _server: Server::start(&mut script, port, &folder.join("issuer.log"))?,
        })
    }
}

/// Runs scripts that trust the authority of the certificate.
#[derive(Debug)]
pub(super) struct Scripts<'a> {
    pub(super) tools: &'a Tools,
    pub(super) authority: PathBuf,
}

impl Scripts<'_> {
    /// Returns a command for a script. node reads the first variable, and rustls in a program
    /// that the script starts reads the second.
    pub(super) fn script(&self, name: &str) -> Command {
        let mut script = self.tools.script(name);
        script
            .env("NODE_EXTRA_CA_CERTS", &self.authority)
            .env("SSL_CERT_FILE", &self.authority);
        script
    }

    /// Logs in, as a client that knows the resource alone. Returns the token.
    pub(super) fn log_in(&self, resource: &str, scopes: &[&str]) -> Result<String, Error> {
        let mut login = self.script("token.mjs");
        login.arg(resource).args(scopes);
        let finished = child_process::run(&mut login, Duration::from_secs(60))?;
        match finished.succeeded() {
            true => Ok(finished.out()),
            false => Err(format!("there is no token: {}", finished.report()).into()),
        }
    }
}
