//! The argument `--stdio`, for a program that has a caller for it.

use std::fmt;

use crate::{
    config::Environment,
    server::{LocalCaller, Server},
};

use super::{Program, Purpose, text};

/// The argument of [`Program::with_stdio`].
pub(super) const STDIO: &str = "--stdio";

impl Program {
    /// Adds the argument `--stdio`, for hosts that start programs: with it the program serves
    /// `caller` on standard input and output, as [`Server::serve_stdio`] does, and no HTTP. The
    /// configuration is not read then: a variable of the audit log, of the metrics or of a rate is
    /// an error at start-up, because it would have no effect.
    ///
    /// ```no_run
    /// # use toolgate::{Environment, LocalCaller, Server, cli::Program};
    /// # fn server() -> Server<()> { Server::new("notes") }
    /// # async fn run() -> std::process::ExitCode {
    /// Program::new("notes of each user, as MCP tools")
    ///     .with_stdio(LocalCaller::named("desktop").with_scopes(["notes:read"]))
    ///     .run(|_: &Environment, _| Ok::<_, std::fmt::Error>(server()))
    ///     .await
    /// # }
    /// ```
    ///
    /// Requires the feature `stdio`.
    pub fn with_stdio(mut self, caller: LocalCaller) -> Self {
        self.caller = Some(caller);
        self
    }

    /// Serves the stated caller. Returns no text: standard output is the protocol's.
    pub(super) async fn serve_stdio<S, E>(
        &self,
        server: impl FnOnce(&Environment, Purpose) -> Result<Server<S>, E>,
    ) -> Result<String, String>
    where
        S: Clone + Send + Sync + 'static,
        E: fmt::Display,
    {
        let environment = Environment::load().map_err(text)?;
        environment.check_for_stdio().map_err(text)?;
        #[cfg(feature = "logging")]
        crate::logging::init_from(&environment).map_err(text)?;
        let server = server(&environment, Purpose::Serve).map_err(text)?;
        if let Some(caller) = self.caller.clone() {
            server.serve_stdio(caller).await.map_err(text)?;
        }
        Ok(String::new())
    }

    /// Adds the argument to the help, if there is a caller for it.
    pub(super) fn add_stdio_help(&self, name: &str, help: &mut String) {
        if let Some(caller) = &self.caller {
            *help += &format!(
                "  {name} {STDIO}  serves {caller}, on standard input and output, and no HTTP\n"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::ExitCode;

    use super::*;

    #[tokio::test]
    async fn standard_input_is_served_only_if_a_caller_is_stated() {
        let program = || Program::new("notes").with_arguments([STDIO]);
        assert!(!program().help().contains(STDIO));
        let never = |_: &Environment, _| -> Result<Server<()>, &str> { panic!("it is not built") };
        assert_eq!(program().run(never).await, ExitCode::FAILURE);
        let stated = program().with_stdio(LocalCaller::named("desktop"));
        assert!(
            stated
                .help()
                .contains("serves desktop, with the scopes none")
        );
    }
}
