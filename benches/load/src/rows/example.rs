//! The example `finance-news`, run as a user would.

use std::{
    env,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::Command,
};

use crate::{Fault, process::Process, request::Endpoint, servers::resource, stage::Issuer};

const NAME: &str = "finance-news";

/// The path of its binary.
pub(super) struct Example(PathBuf);

impl Example {
    /// Finds the binary next to this program; cargo builds it if it is missing.
    pub(super) fn find() -> Result<Self, Fault> {
        let own = env::current_exe()?;
        let beside = own.parent().ok_or("the program has no folder")?.join(NAME);
        if !beside.exists() {
            let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let mut build = Command::new(cargo);
            build.args(["build", "--locked", "-p", NAME]);
            if !cfg!(debug_assertions) {
                build.arg("--release");
            }
            build.current_dir(env!("CARGO_MANIFEST_DIR"));
            if !build.status()?.success() || !beside.exists() {
                return Err(format!("{NAME} is not at {}", beside.display()).into());
            }
        }
        Ok(Self(beside))
    }

    /// Starts it on a free port, with this issuer.
    pub(super) fn start(&self, issuer: &Issuer) -> Result<Process, Fault> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(&self.0);
        command
            // There is no `.env` file here, and the caller's own settings are not inherited.
            .current_dir(env::temp_dir())
            .env_clear()
            .env("TOOLGATE_BIND", address.to_string())
            .env("TOOLGATE_AUTHORIZATION_SERVERS", issuer.url());
        Process::of(command, address)
    }
}

/// Builds a call of its tool with the token of this number.
pub(super) fn call(address: SocketAddr, issuer: &Issuer, number: usize) -> Vec<u8> {
    let token = issuer.token(&resource(address), "news:read", number);
    let endpoint = endpoint(address);
    endpoint.call_of("get_news_sentiment", r#"{"ticker":"AAPL"}"#, Some(&token))
}

pub(super) fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint {
        address,
        path: "/mcp",
    }
}
