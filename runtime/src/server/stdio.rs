//! Serves the program that started this one, on standard input and output.
//!
//! There is no HTTP request, so there is no token. Who calls is a [`LocalCaller`], which the author
//! of the program states; without one nothing is served.
//!
//! ```text
//! stdin ─ LineReader ─ Admission ─ message with its permit ─ StdioTransport ─ rmcp ─ Handler ─ item
//!         (a thread)       │                                       │
//!                          └──────────── refusals ─────┐           └ answers
//!                                                      └─ LineWriter ─ stdout
//!                                                         (a thread)
//! ```
//!
//! | step | in → out |
//! |---|---|
//! | [`local_caller`] | what the author states → `LocalOrigin` → `Caller`, once |
//! | [`line_reader`] | bytes → one line, at most as long as a body may be |
//! | [`admission`] | line → `Gate::admit_local` → a message with a `Permit` for exactly its operation, or the error that answers it |
//! | [`transport`] | messages between the admission and rmcp |
//! | `handler` | rmcp's parsed request, permit → second check → the item, as behind HTTP |
//! | [`line_writer`] | one message → one line |
//!
//! Nothing is shared with HTTP: this server has its own rules, seal of rounds, sessions and
//! subscriptions, since [`Server::serve_stdio`] consumes it. Threads read and write, because a
//! pending read of tokio's standard input keeps a runtime from ending.

use std::{
    io::{self, Read, Write},
    sync::Arc,
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use rmcp::service::ServerInitializeError;
use tokio::{
    sync::{Semaphore, mpsc},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    error::{Error, SetupErrors},
    gate::{Gate, LatestCaller, LocalConnection},
};

use super::{
    Server,
    assembly::{Prepared, prepare},
    handler::Handler,
    security_schemes::Publisher,
    serve::stop_signal,
};

mod admission;
mod line_reader;
mod line_writer;
mod local_caller;
mod transport;

pub use local_caller::LocalCaller;

use {admission::Admission, transport::StdioTransport};

/// How many requests run at the same time. Another one is refused until one of them ends.
const REQUESTS: u32 = 64;

/// How many answers wait for a client that does not read. Then nothing of it is read, either.
const ANSWERS: usize = 64;

/// How long running calls may take to finish after the stop signal. rmcp then waits 5 s more.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// How long the last answers may take to be written.
const WRITE_TIMEOUT: Duration = Duration::from_secs(3);

/// The resource of a server without an address. Nothing publishes it, and nothing listens there.
const RESOURCE: &str = "http://127.0.0.1/stdio";

impl<S: Clone + Send + Sync + 'static> Server<S> {
    /// Serves the program that started this one, on standard input and output, until it closes
    /// standard input or this process receives a stop signal (Ctrl-C or SIGTERM).
    ///
    /// Every request is made by `caller`. Scopes, roles, sign-ins, `authorize` functions and
    /// confirmations apply as they do behind HTTP. A request for which the caller lacks something
    /// is denied, with a JSON-RPC error that says who can grant it. The server needs no issuer and
    /// no configuration, and reads no variable, so it has no audit log, no metrics and no rates of
    /// callers. With `--stdio` ([`Program::with_stdio`](crate::cli::Program::with_stdio)) a
    /// variable for one of these is an error at start-up.
    ///
    /// Standard output carries the protocol and nothing else: logs, the start-up banner and panics
    /// go to standard error. Do not use `print!` in a tool.
    ///
    /// ```no_run
    /// use toolgate::{LocalCaller, Server, mcp_tool, tools};
    ///
    /// /// Says hello.
    /// #[mcp_tool(scope = "hello:say")]
    /// fn hello() -> &'static str {
    ///     "Hello!"
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), toolgate::Error> {
    ///     let caller = LocalCaller::named("desktop").with_scopes(["hello:say"]);
    ///     Server::new("hello").tools(tools![hello]).serve_stdio(caller).await
    /// }
    /// ```
    ///
    /// Requires the feature `stdio`.
    ///
    /// # Errors
    ///
    /// [`Error::Start`] with every error of the items and the caller, [`Error::Serve`] if the
    /// handshake fails or a thread cannot be started.
    pub async fn serve_stdio(self, caller: LocalCaller) -> Result<(), Error> {
        let stop = stop_signal();
        serve(self.bound(), caller, io::stdin(), io::stdout(), stop).await
    }
}

/// Serves one client until its input ends or `stop` completes.
///
/// Boxed so that it is compiled in this crate.
fn serve(
    mut server: Server<()>,
    caller: LocalCaller,
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    stop: BoxFuture<'static, ()>,
) -> BoxFuture<'static, Result<(), Error>> {
    server.policy.takes_tokens = false;
    server.policy.verifier = None;
    // It chooses by HTTP headers, and its results hold challenges.
    server.policy.tool_result_denial = None;
    // The connection is a session of its own, also if HTTP runs without sessions.
    server.has_sessions = true;
    let serving = async move {
        let mut faults = SetupErrors::default();
        caller.check(&mut faults);
        let prepared = match prepare(server, &Config::new(RESOURCE)) {
            Ok(prepared) => faults.finish(prepared)?,
            Err(earlier) => {
                faults.extend(earlier);
                return Err(faults.into_error().into());
            }
        };
        let client = Client::new(prepared, &caller).ok_or_else(|| {
            Error::Serve(io::Error::other("the local caller names another issuer"))
        })?;
        client.serve(input, output, stop).await
    };
    serving.boxed()
}

/// The client on the other side of standard input and output, and what serves it.
struct Client {
    gate: Arc<Gate>,
    handler: Handler,
    connection: LocalConnection,
}

impl Client {
    fn new(prepared: Prepared, stated: &LocalCaller) -> Option<Self> {
        let Prepared {
            name,
            without_banner,
            plan,
            shared,
            ..
        } = prepared;
        let caller = stated.caller(&plan.table, plan.clock.now())?;
        let warnings = shared.catalogue.warnings();
        for warning in &warnings {
            tracing::warn!("{warning}");
        }
        for scope in stated.unknown_scopes(&plan.table) {
            tracing::warn!(scope, "the local caller has a scope that no item requires");
        }
        tracing::info!(
            caller = caller.subject(),
            "serving standard input and output"
        );
        if !without_banner {
            print_banner(&name, stated);
        }
        let fast_path = Arc::clone(&shared);
        let authorizer = shared.authorizer.clone();
        let built = plan.build(true, authorizer, Some(fast_path), None, None);
        Some(Self {
            gate: built.gate,
            handler: Handler::new(shared),
            connection: LocalConnection {
                caller: LatestCaller::of(caller),
                slots: Arc::new(Semaphore::new(REQUESTS as usize)),
                end: CancellationToken::new(),
            },
        })
    }

    async fn serve(
        self,
        input: impl Read + Send + 'static,
        output: impl Write + Send + 'static,
        stop: BoxFuture<'static, ()>,
    ) -> Result<(), Error> {
        let limit = self.gate.limits.body;
        let lines = line_reader::read_lines(input, limit).map_err(Error::Serve)?;
        let (answers, written) = line_writer::write_lines(output, ANSWERS).map_err(Error::Serve)?;
        let (admitted, admitted_messages) = mpsc::channel(1);
        let transport = StdioTransport::new(admitted_messages, answers.clone());
        let (slots, end) = (
            Arc::clone(&self.connection.slots),
            self.connection.end.clone(),
        );
        let admission = Admission {
            gate: self.gate,
            connection: self.connection,
            answers,
            admitted,
        };
        let reading = async move {
            let reading = admission.run(lines);
            tokio::pin!(reading);
            tokio::select! {
                () = &mut reading => {}
                () = stop => {
                    tracing::info!("stop signal received: running calls may finish, open streams end");
                    end.cancel();
                    // A waiting `acquire_many` takes all permits, so that no new request runs.
                    let idle = timeout(CALL_TIMEOUT, slots.acquire_many(REQUESTS));
                    tokio::select! {
                        _ = idle => {}
                        () = &mut reading => {}
                    }
                }
            }
            end.cancel();
        };
        let running = run(self.handler, transport);
        tokio::pin!(running);
        let end = tokio::select! {
            end = &mut running => end,
            () = reading => running.await,
        };
        let _ = timeout(WRITE_TIMEOUT, written).await;
        end
    }
}

/// Runs rmcp's side until the transport ends.
async fn run(handler: Handler, transport: StdioTransport) -> Result<(), Error> {
    match rmcp::serve_server(handler, Publisher::new(transport)).await {
        Ok(service) => match service.waiting().await {
            Ok(_) => Ok(()),
            Err(error) => Err(Error::Serve(io::Error::other(error))),
        },
        // The client disconnected before the handshake.
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(Error::Serve(io::Error::other(error))),
    }
}

/// Says to standard error who is served, in one write.
fn print_banner(name: &str, caller: &LocalCaller) {
    let text = format!("\n  {name} serves {caller}, on standard input and output.\n\n");
    let _ = io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests;
