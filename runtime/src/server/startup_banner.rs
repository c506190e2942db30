//! The start-up banner for a person at the terminal.

use std::{fmt, io::Write};

use tokio::net::TcpListener;

use super::login_timing::{self, Login};

/// The facts that the banner shows.
#[derive(Debug, Clone)]
pub(super) struct StartupBanner {
    pub(super) name: String,
    pub(super) resource: String,
    pub(super) docs: String,
    /// The address of the listening socket, once there is one.
    pub(super) address: Option<String>,
    pub(super) tools: usize,
    pub(super) prompts: usize,
    pub(super) resources: usize,
    pub(super) scopes: Vec<&'static str>,
    pub(super) issuers: Vec<String>,
    /// Whether the issuer is the embedded development issuer.
    pub(super) is_development: bool,
    /// Whether it gives consent automatically.
    pub(super) is_automatic: bool,
    pub(super) login: Login,
}

impl fmt::Display for StartupBanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            resource,
            docs,
            address,
            ..
        } = self;
        let address = address.as_deref().unwrap_or("an unknown address");
        writeln!(
            f,
            "\n  {name} listens on {address}, with {}.\n",
            self.offered()
        )?;
        writeln!(f, "  MCP endpoint    {resource}")?;
        writeln!(f, "  For people      {docs}")?;
        writeln!(f, "  Scopes          {}", or_none(&self.scopes.join(" ")))?;
        writeln!(f, "  Issuer          {}", or_none(&self.issuers.join(", ")))?;
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
        )
    }
}

impl StartupBanner {
    /// Returns the numbers of items in words: always tools, the others if there are any.
    fn offered(&self) -> String {
        let count = |number: usize, noun: &str| {
            let plural = if number == 1 { "" } else { "s" };
            format!("{number} {noun}{plural}")
        };
        let mut told = Vec::new();
        if self.tools > 0 || self.prompts + self.resources == 0 {
            told.push(count(self.tools, "tool"));
        }
        if self.prompts > 0 {
            told.push(count(self.prompts, "prompt"));
        }
        if self.resources > 0 {
            told.push(count(self.resources, "resource"));
        }
        told.join(", ")
    }
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

/// Prints the banner to standard error, and ignores failures.
pub(super) fn print(welcome: &StartupBanner, listener: &TcpListener) {
    let address = listener.local_addr().ok();
    let welcome = StartupBanner {
        address: address.map(|address| address.to_string()),
        ..welcome.clone()
    };
    let _ = writeln!(std::io::stderr().lock(), "{welcome}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn welcome() -> StartupBanner {
        StartupBanner {
            name: "news".into(),
            resource: "http://127.0.0.1:8000/mcp".into(),
            docs: "http://127.0.0.1:8000/docs".into(),
            address: Some("127.0.0.1:8000".into()),
            tools: 1,
            prompts: 0,
            resources: 0,
            scopes: vec!["news:read"],
            issuers: vec!["http://127.0.0.1:8000".into()],
            is_development: true,
            is_automatic: false,
            login: Login::AtConnection,
        }
    }

    #[test]
    fn what_there_is_is_counted() {
        let told = |tools, prompts, resources| {
            let welcome = StartupBanner {
                tools,
                prompts,
                resources,
                ..welcome()
            };
            welcome.offered()
        };
        assert_eq!(told(0, 0, 0), "0 tools");
        assert_eq!(told(1, 0, 0), "1 tool");
        assert_eq!(told(2, 1, 3), "2 tools, 1 prompt, 3 resources");
        assert_eq!(told(0, 0, 1), "1 resource");
    }

    #[test]
    fn the_address_of_the_socket_is_told_beside_the_resource() {
        let welcome = StartupBanner {
            resource: "https://mcp.example.com/mcp".into(),
            address: Some("0.0.0.0:8080".into()),
            ..welcome()
        };
        let told = welcome.to_string();
        assert!(
            told.contains("listens on 0.0.0.0:8080, with 1 tool"),
            "{told}"
        );
        assert!(
            told.contains("MCP endpoint    https://mcp.example.com/mcp"),
            "{told}"
        );
    }

    #[test]
    fn the_development_issuer_is_loud() {
        let mut welcome = welcome();
        let told = welcome.to_string();
        assert!(told.contains("DEVELOPMENT ISSUER"));
        assert!(told.contains("curl -i http://127.0.0.1:8000/mcp -d '{}'"));
        assert!(!told.contains("no person is asked"));
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
