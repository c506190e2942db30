//! The command line of a server: one line in `main` serves, or prints who may use what.
//!
//! | argument | prints |
//! |---|---|
//! | none | nothing: the server runs |
//! | `--print-access` | who may use which item, one line each: [`Server::access_table`] |
//! | `--print-scopes` | the scopes to register at a provider, one per line |
//! | `--print-metadata` | the protected resource metadata (RFC 9728), as it would be served |
//! | `--print-config` | the effective settings, and where each comes from, without secrets |
//! | `--print-config --json` | the same as JSON, for programs; `toolgate doctor` reads it |
//! | `--explain <item>` | which check allows or denies an item to the token from standard input: [`Server::explain`] |
//! | `--print-cedar-schema` | with the feature `cedar`, the schema that policies are validated with |
//! | `--stdio` | nothing: it serves the host that starts the program, if [`Program`] has a caller for it |
//! | `--help` | the arguments and the variables |

use std::{
    env, fmt,
    io::{self, Read, Write},
    process::ExitCode,
};

use crate::{
    config::{Config, Environment},
    error::Error,
    server::Server,
};

#[cfg(feature = "stdio")]
mod stdio_argument;

#[cfg(feature = "stdio")]
use {crate::server::LocalCaller, stdio_argument::STDIO};

/// The longest token that `--explain` reads, in bytes.
const LONGEST_TOKEN: u64 = 64 * 1024;

/// The default port.
const PORT: u16 = 8000;

/// Serves, or prints what the arguments of the process ask for.
///
/// ```no_run
/// # use toolgate::{Server, mcp_tool, tools};
/// /// Says hello.
/// #[mcp_tool(scope = "hello:say")]
/// fn hello() -> &'static str {
///     "Hello!"
/// }
///
/// #[tokio::main]
/// async fn main() -> std::process::ExitCode {
///     toolgate::cli::run(Server::new("hello").tools(tools![hello])).await
/// }
/// ```
///
/// With the feature `logging` it also starts logging, as [`logging::init`](crate::logging::init)
/// does. Errors are printed to standard error, all together, and the exit code is 1.
pub async fn run<S: Clone + Send + Sync + 'static>(server: Server<S>) -> ExitCode {
    let build = |_: &Environment, _| Ok::<_, fmt::Error>(server);
    Program::new("an MCP server behind OAuth").run(build).await
}

/// The command line of a program that reads variables of its own, or has another default port.
///
/// ```no_run
/// # use toolgate::{Environment, Server, cli::{Program, Purpose}};
/// # fn server(folder: &str) -> Server<String> { Server::with_state("notes", folder.to_owned()) }
/// #[tokio::main]
/// async fn main() -> std::process::ExitCode {
///     Program::new("notes of each user, as MCP tools")
///         .with_port(9000)
///         .with_variable("NOTES_FOLDER", "the folder of the notes, ./notes by default")
///         .run(|environment: &Environment, purpose: Purpose| match purpose {
///             Purpose::Serve => Ok(server(environment.get("NOTES_FOLDER").unwrap_or("notes"))),
///             // What is printed does not depend on the folder.
///             Purpose::Print => Ok::<_, std::io::Error>(server("")),
///         })
///         .await
/// }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a program does nothing until it runs"]
pub struct Program {
    about: String,
    port: u16,
    variables: Vec<(&'static str, &'static str)>,
    arguments: Option<Vec<String>>,
    #[cfg(feature = "stdio")]
    caller: Option<LocalCaller>,
}

/// Why a server is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To serve.
    Serve,
    /// To print what it declares. It needs no resources: a running server may hold them.
    Print,
}

/// What the arguments ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Serve,
    Access,
    Scopes,
    Metadata,
    Config,
    ConfigJson,
    Explain,
    #[cfg(feature = "cedar")]
    CedarSchema,
    Help,
}

const ACTIONS: &[(&str, Action, &str)] = &[
    (
        "--print-access",
        Action::Access,
        "prints who may use what, one line for each item",
    ),
    (
        "--print-scopes",
        Action::Scopes,
        "prints the scopes to register at a provider, one per line",
    ),
    (
        "--print-metadata",
        Action::Metadata,
        "prints the metadata that clients discover",
    ),
    (
        "--print-config",
        Action::Config,
        "prints the settings and where they come from",
    ),
    (
        "--print-config --json",
        Action::ConfigJson,
        "prints the same as JSON, without secrets: `settings` (each with `value` and `from`, the variable that sets it), `variables`, `warnings` and the `version` of this form",
    ),
    (
        "--explain <item>",
        Action::Explain,
        "reads a token from standard input and prints which check allows or denies it for the item; its signature is not checked. If several items have the name, write the kind before it: \"tool report\"",
    ),
    #[cfg(feature = "cedar")]
    (
        "--print-cedar-schema",
        Action::CedarSchema,
        "prints the Cedar schema that policies are validated with",
    ),
    ("--help", Action::Help, "prints this help"),
];

impl Program {
    /// Creates a program. `about` says in the help what it is, in a few words.
    pub fn new(about: impl Into<String>) -> Self {
        Self {
            about: about.into(),
            port: PORT,
            variables: Vec::new(),
            arguments: None,
            #[cfg(feature = "stdio")]
            caller: None,
        }
    }

    /// Sets the port that is used if neither `TOOLGATE_BIND` nor `PORT` is set. The default is
    /// 8000.
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Names a variable of the program in the help.
    pub fn with_variable(mut self, name: &'static str, meaning: &'static str) -> Self {
        self.variables.push((name, meaning));
        self
    }

    /// Sets the arguments, in place of those of the process: for a program that has read and
    /// removed arguments of its own.
    pub fn with_arguments<T: Into<String>>(
        mut self,
        arguments: impl IntoIterator<Item = T>,
    ) -> Self {
        self.arguments = Some(arguments.into_iter().map(Into::into).collect());
        self
    }

    /// Serves, or prints what the arguments of the process ask for. `server` builds the server;
    /// its error and those of the configuration are reported together.
    pub async fn run<S, E>(
        self,
        server: impl FnOnce(&Environment, Purpose) -> Result<Server<S>, E>,
    ) -> ExitCode
    where
        S: Clone + Send + Sync + 'static,
        E: fmt::Display,
    {
        let of_process = || {
            let arguments = env::args_os().skip(1);
            arguments.map(|one| one.to_string_lossy().into_owned())
        };
        let arguments = self.arguments.clone();
        let arguments = arguments.unwrap_or_else(|| of_process().collect());
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let done = match action(&arguments) {
            Some((Action::Help, _)) => Ok(self.help()),
            Some(action) => self.act(action, server).await,
            #[cfg(feature = "stdio")]
            None if arguments == [STDIO] && self.caller.is_some() => self.serve_stdio(server).await,
            None => Err(format!(
                "unknown arguments: {}\n\n{}",
                arguments.join(" "),
                self.help()
            )),
        };
        let (text, stream, code): (_, &mut dyn Write, _) = match done {
            Ok(text) => (text, &mut io::stdout(), ExitCode::SUCCESS),
            Err(text) => (text + "\n", &mut io::stderr(), ExitCode::FAILURE),
        };
        // A closed pipe ends the output, as for any program.
        let _ = stream.write_all(text.as_bytes());
        code
    }

    /// Does what was asked for. Returns the text to print.
    async fn act<S, E>(
        &self,
        (action, item): (Action, &str),
        server: impl FnOnce(&Environment, Purpose) -> Result<Server<S>, E>,
    ) -> Result<String, String>
    where
        S: Clone + Send + Sync + 'static,
        E: fmt::Display,
    {
        let environment = Environment::load().map_err(text)?;
        if action == Action::Serve {
            #[cfg(feature = "logging")]
            crate::logging::init_from(&environment).map_err(text)?;
            let server = server(&environment, Purpose::Serve);
            // Build both before reporting, so that all errors are reported together.
            let config = Config::from_environment(&environment, self.port);
            let (server, config) = match (server, config) {
                (Ok(server), Ok(config)) => (server, config),
                (Err(server), Err(config)) => return Err(format!("{config}\n{server}")),
                (Err(server), Ok(_)) => return Err(server.to_string()),
                (Ok(_), Err(config)) => return Err(config.to_string()),
            };
            let served: Result<(), Error> = server.serve(config).await;
            return served.map(|()| String::new()).map_err(text);
        }
        let server = server(&environment, Purpose::Print).map_err(text)?;
        match action {
            Action::Access => Ok(server.access_table().to_string()),
            Action::Scopes => {
                let scopes = server.scopes().map_err(text)?;
                Ok(scopes.iter().map(|scope| format!("{scope}\n")).collect())
            }
            Action::Metadata => {
                let config = Config::from_environment(&environment, self.port).map_err(text)?;
                Ok(server.metadata(config).map_err(text)? + "\n")
            }
            Action::Config => Config::from_environment(&environment, self.port)
                .and_then(|config| config.report(&environment))
                .map_err(text),
            Action::ConfigJson => Config::from_environment(&environment, self.port)
                .and_then(|config| config.report_json(&environment))
                .map_err(text),
            Action::Explain => {
                let config = Config::from_environment(&environment, self.port).map_err(text)?;
                let mut token = String::new();
                let input = io::stdin().take(LONGEST_TOKEN).read_to_string(&mut token);
                input.map_err(text)?;
                let explained = server.explain_with_policy(&config, &token, item).await;
                Ok(explained.map_err(text)?.to_string())
            }
            #[cfg(feature = "cedar")]
            Action::CedarSchema => server.cedar_schema().map_err(text),
            Action::Serve | Action::Help => Ok(String::new()),
        }
    }

    fn help(&self) -> String {
        let path = env::args_os().next().unwrap_or_default();
        let name = std::path::Path::new(&path).file_name().unwrap_or(&path);
        let name = name.to_string_lossy();
        let mut help = format!(
            "{name}: {}\n\n  {name}  serves until it receives a signal to stop\n",
            self.about
        );
        for (argument, _, meaning) in ACTIONS {
            help += &format!("  {name} {argument}  {meaning}\n");
        }
        #[cfg(feature = "stdio")]
        self.add_stdio_help(&name, &mut help);
        help += "\nVariables, also read from .env; the guide of Toolgate lists the others:\n";
        let bind = format!("address to listen on, 127.0.0.1:{} by default", self.port);
        let common = [
            ("TOOLGATE_BIND", bind.as_str()),
            ("RUST_LOG", "what to log, warn,toolgate=info by default"),
        ];
        for (name, meaning) in self.variables.iter().copied().chain(common) {
            help += &format!("  {name}  {meaning}\n");
        }
        help
    }
}

/// Returns what arguments ask for, with the item to explain.
fn action<'a>(arguments: &[&'a str]) -> Option<(Action, &'a str)> {
    let line = match arguments {
        [] => return Some((Action::Serve, "")),
        ["--explain", item] => return Some((Action::Explain, item)),
        ["-h"] => "--help".to_owned(),
        ["--json", first] => format!("{first} --json"),
        _ => arguments.join(" "),
    };
    let found = ACTIONS.iter().find(|(name, ..)| *name == line);
    found.map(|(_, action, _)| (*action, ""))
}

fn text(error: impl fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_argument_is_an_action_and_anything_else_is_not() {
        let one = |arguments: &[&str]| action(arguments).map(|(action, _)| action);
        assert_eq!(one(&[]), Some(Action::Serve));
        for (name, expected, _) in ACTIONS {
            let words: Vec<_> = name.split(' ').collect();
            assert_eq!(one(&words), Some(*expected));
            assert_eq!(one(&[name, name]), None);
        }
        let json = ["--json", "--print-config"];
        assert_eq!(one(&json), Some(Action::ConfigJson));
        assert_eq!(action(&["--explain", "a"]), Some((Action::Explain, "a")));
        for wrong in ["--json", "--explain"] {
            assert_eq!(action(&[wrong]), None);
        }
        assert_eq!(action(&["--print-acces"]), None);
    }

    #[test]
    fn the_help_names_every_argument_and_variable() {
        let help = Program::new("notes")
            .with_port(9)
            .with_variable("NOTES", "a folder")
            .help();
        for part in [
            "--print-access",
            "--print-config",
            "NOTES",
            "a folder",
            "127.0.0.1:9",
            "RUST_LOG",
        ] {
            assert!(help.contains(part), "{part}: {help}");
        }
    }
}
