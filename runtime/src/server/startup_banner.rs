//! The start-up banner for a person at the terminal. A program without a `tracing` subscriber
//! shows nothing else.

use std::{fmt, io::Write, net::SocketAddr};

use tokio::{net::TcpListener, runtime::Handle};

use super::{
    Server,
    login_timing::{self, Login},
    readiness::Readiness,
};

/// The facts that the banner shows.
#[derive(Debug, Clone)]
pub(super) struct StartupBanner {
    pub(super) name: String,
    /// The address at which it listens; `None` if an application listens for it.
    pub(super) address: Option<SocketAddr>,
    pub(super) resource: String,
    /// The URL of the documentation page, if there is one.
    pub(super) docs: Option<String>,
    /// The same for a mounted router.
    pub(super) mounted_docs: Option<String>,
    /// The numbers of tools, prompts and resources.
    pub(super) counts: [usize; 3],
    pub(super) scopes: Vec<&'static str>,
    pub(super) issuers: Vec<String>,
    /// Whether the issuer is the embedded development issuer.
    pub(super) is_development: bool,
    /// Whether it gives consent automatically.
    pub(super) is_automatic: bool,
    pub(super) login: Login,
    pub(super) notes: Vec<String>,
    pub(super) warnings: Vec<String>,
}

impl<S: Clone + Send + Sync + 'static> Server<S> {
    /// Suppresses the start-up banner.
    pub fn without_banner(mut self) -> Self {
        self.without_banner = true;
        self
    }
}

impl fmt::Display for StartupBanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            resource,
            address,
            docs,
            ..
        } = self;
        let offered = self.offered();
        match address {
            Some(address) => writeln!(
                f,
                "\n  {name} is listening, with {offered}.\n\n  Listens on      {address}"
            )?,
            None => writeln!(f, "\n  {name} is ready to be mounted, with {offered}.\n")?,
        }
        writeln!(f, "  MCP endpoint    {resource}")?;
        if let Some(docs) = docs {
            writeln!(f, "  For people      {docs}")?;
        }
        writeln!(f, "  Scopes          {}", or_none(&self.scopes.join(" ")))?;
        writeln!(f, "  Issuer          {}", or_none(&self.issuers.join(", ")))?;
        for note in &self.notes {
            writeln!(f, "  Note            {note}")?;
        }
        if self.is_development {
            writeln!(
                f,
                "\n  DEVELOPMENT ISSUER: anyone on this machine can log in as anyone. It is active because\n  \
                 TOOLGATE_AUTHORIZATION_SERVERS is not set and the server listens on loopback only."
            )?;
            if self.is_automatic {
                writeln!(f, "  Consent is automatic: no person is asked.")?;
            }
        }
        match self.login {
            Login::AtConnection => {
                writeln!(f, "\n  See it refuse   curl -i {resource} -d '{{}}'")?;
            }
            Login::AtProtectedCall => {
                writeln!(
                    f,
                    "\n  OPEN HANDSHAKE: {}.\n  \
                     Clients connect without a login. Some clients do not log in later.\n",
                    login_timing::OPEN
                )?;
            }
            Login::Never => writeln!(f, "\n  Login           none: everything here is public")?,
        }
        writeln!(
            f,
            "  Connect to it   npx @modelcontextprotocol/inspector@2 --transport http --server-url {resource}"
        )?;
        for warning in &self.warnings {
            writeln!(f, "\n  WARNING: {warning}")?;
        }
        Ok(())
    }
}

impl StartupBanner {
    /// Logs what the banner says to an operator who reads only the log. `address` is the configured
    /// one; the address of the listening socket is logged once it listens.
    pub(super) fn log(&self, address: SocketAddr) {
        for warning in &self.warnings {
            tracing::warn!("{warning}");
        }
        for note in &self.notes {
            tracing::info!("{note}");
        }
        if self.login == Login::AtProtectedCall {
            tracing::warn!("{}", login_timing::OPEN);
        }
        if self.is_development {
            tracing::warn!(
                "the development issuer is active: anyone on this machine can log in as anyone; set TOOLGATE_AUTHORIZATION_SERVERS to use your own"
            );
        }
        tracing::info!(%address, resource = self.resource, "server built");
    }

    /// Prints the banner to standard error, with a warning if no issuer can be reached.
    ///
    /// Within a runtime it waits a moment for the issuers, in the background.
    pub(super) fn announce(mut self, readiness: Readiness) {
        let Ok(runtime) = Handle::try_current() else {
            return print(&self);
        };
        runtime.spawn(async move {
            self.warnings.extend(readiness.issuer_errors().await);
            print(&self);
        });
    }

    /// Returns the banner with the address of the listening socket.
    pub(super) fn listening(mut self, listener: &TcpListener) -> Self {
        self.address = listener.local_addr().ok().or(self.address);
        self
    }

    /// Returns the banner of a server that is a part of an application.
    pub(super) fn mounted(mut self) -> Self {
        self.address = None;
        self.docs = self.mounted_docs.take();
        self
    }

    /// Returns the numbers of items in words: always tools, the others if there are any.
    fn offered(&self) -> String {
        let count = |number: usize, noun: &str| {
            let plural = if number == 1 { "" } else { "s" };
            format!("{number} {noun}{plural}")
        };
        let [tools, prompts, resources] = self.counts;
        let mut told = Vec::new();
        if tools > 0 || prompts + resources == 0 {
            told.push(count(tools, "tool"));
        }
        if prompts > 0 {
            told.push(count(prompts, "prompt"));
        }
        if resources > 0 {
            told.push(count(resources, "resource"));
        }
        told.join(", ")
    }
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

/// Prints the banner to standard error, and ignores failures.
fn print(banner: &StartupBanner) {
    // One write, so that no reader sees a part of it and no log line interrupts it.
    let _ = std::io::stderr().write_all(format!("{banner}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn welcome() -> StartupBanner {
        StartupBanner {
            name: "news".into(),
            resource: "http://127.0.0.1:8000/mcp".into(),
            docs: Some("http://127.0.0.1:8000/docs".into()),
            mounted_docs: None,
            address: Some(([127, 0, 0, 1], 8000).into()),
            counts: [1, 0, 0],
            scopes: vec!["news:read"],
            issuers: vec!["http://127.0.0.1:8000".into()],
            is_development: true,
            is_automatic: false,
            login: Login::AtConnection,
            notes: Vec::new(),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn the_address_the_warnings_and_the_notes_are_shown() {
        let banner = StartupBanner {
            notes: vec!["a note".into()],
            warnings: vec!["the keys are not loaded".into()],
            ..welcome()
        };
        let told = banner.to_string();
        assert!(told.contains("Listens on      127.0.0.1:8000\n"), "{told}");
        assert!(told.contains("Note            a note\n"), "{told}");
        assert!(
            told.contains("WARNING: the keys are not loaded\n"),
            "{told}"
        );
    }

    #[test]
    fn a_mounted_server_says_the_same_without_an_address() {
        let mounted = welcome().mounted().to_string();
        assert!(
            mounted.contains("ready to be mounted, with 1 tool"),
            "{mounted}"
        );
        assert!(mounted.contains("DEVELOPMENT ISSUER"), "{mounted}");
        assert!(!mounted.contains("Listens on"), "{mounted}");
    }

    #[test]
    fn what_there_is_is_counted() {
        let told = |tools, prompts, resources| {
            let welcome = StartupBanner {
                counts: [tools, prompts, resources],
                ..welcome()
            };
            welcome.offered()
        };
        assert_eq!(told(0, 0, 0), "0 tools");
        assert_eq!(told(1, 0, 0), "1 tool");
        assert_eq!(told(2, 1, 3), "2 tools, 1 prompt, 3 resources");
        assert_eq!(told(0, 0, 1), "1 resource");
    }

    #[tokio::test]
    async fn the_address_of_the_socket_is_reported_beside_the_resource() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let welcome = StartupBanner {
            resource: "https://mcp.example.com/mcp".into(),
            address: Some(([127, 0, 0, 1], 0).into()),
            ..welcome()
        };
        let told = welcome.listening(&listener).to_string();
        for part in [
            format!("Listens on      {}\n", listener.local_addr().unwrap()),
            "MCP endpoint    https://mcp.example.com/mcp\n".to_owned(),
        ] {
            assert!(told.contains(&part), "{part}: {told}");
        }
    }

    #[test]
    fn a_mounted_server_describes_its_page_if_it_has_one() {
        let page = "http://127.0.0.1:8000/docs";
        for docs in [None, Some(page.to_owned())] {
            let has_page = docs.is_some();
            let welcome = StartupBanner {
                mounted_docs: docs,
                ..welcome()
            };
            let mounted = welcome.mounted().to_string();
            assert_eq!(mounted.contains(page), has_page, "{mounted}");
        }
    }

    #[test]
    fn the_development_issuer_is_loud() {
        let mut welcome = welcome();
        let shown = welcome.to_string();
        assert!(shown.contains("DEVELOPMENT ISSUER"));
        assert!(shown.contains("curl -i http://127.0.0.1:8000/mcp -d '{}'"));
        assert!(!shown.contains("no person is asked"));
        welcome.is_automatic = true;
        assert!(welcome.to_string().contains("no person is asked"));
        welcome.is_development = false;
        assert!(!welcome.to_string().contains("DEVELOPMENT"));
    }

    #[test]
    fn a_refusal_is_promised_where_a_request_without_a_token_is_refused() {
        let told = |login| StartupBanner { login, ..welcome() }.to_string();
        for (login, refuses, warns) in [
            (Login::AtConnection, true, false),
            (Login::AtProtectedCall, false, true),
            (Login::Never, false, false),
        ] {
            let told = told(login);
            assert_eq!(told.contains("See it refuse"), refuses, "{told}");
            assert_eq!(told.contains(login_timing::OPEN), warns, "{told}");
            assert_eq!(
                told.contains("everything here is public"),
                login == Login::Never,
                "{told}"
            );
            assert!(told.contains("Connect to it"), "{told}");
        }
    }
}
