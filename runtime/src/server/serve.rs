//! Listening, and stopping without losing a call.

use std::{net::SocketAddr, sync::Arc, task::Poll, time::Duration};

use axum::{Router, extract::ConnectInfo};
use futures_util::{FutureExt, future::BoxFuture};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;

use crate::{
    config::Config,
    error::{Error, StartError},
};

use super::{
    Server,
    activity::Activity,
    assembly::{Assembled, assemble},
    connection::connection,
    connections::Connections,
    welcome,
};

/// How long running calls may take to finish once the server is told to stop.
const LAST_CALLS: Duration = Duration::from_secs(25);
/// How long after that the rest may take to notice.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// How many connections wait to be accepted in a burst.
const BACKLOG: u32 = 4096;

impl<S: Clone + Send + Sync + 'static> Server<S> {
    /// The routes of the server, to mount into an axum application of one's own.
    ///
    /// They belong at the root of the origin that the configuration's resource names:
    /// the well-known paths of RFC 9728 are there. Merge them; do not nest them. They are
    /// the resource's path, the well-known paths, `/docs`, `/healthz` and `/readyz`, and
    /// none of them is a fallback.
    ///
    /// The development issuer, where there is one, answers only whom it knows to be on
    /// this machine. So serve the application with the peer's address:
    ///
    /// ```no_run
    /// # use std::net::SocketAddr;
    /// # use toolgate::{Config, Server};
    /// # async fn serve(server: Server<()>, config: Config) -> Result<(), Box<dyn std::error::Error>> {
    /// let app = axum::Router::new().merge(server.into_router(config)?);
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    /// axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// A [`StartError`] with every fault of what is offered and of the configuration.
    pub fn into_router(self, config: Config) -> Result<Router, StartError> {
        let assembled = assemble(self.bound(), config, None)?;
        Ok(assembled.entrance.into_router())
    }

    /// Listens and serves until the process is told to stop (Ctrl-C or SIGTERM).
    ///
    /// Running calls then finish, open streams end, and after 30 seconds at most the
    /// server returns.
    ///
    /// # Errors
    ///
    /// [`Error::Start`] with every fault of what is offered and of the configuration,
    /// [`Error::Bind`] when the address cannot be listened on, [`Error::Serve`] when
    /// listening fails later.
    pub async fn serve(self, config: Config) -> Result<(), Error> {
        let quiet = self.quiet;
        let told_to_stop = told_to_stop();
        let assembled = assemble(self.bound(), config, None)?;
        let listener = listen(assembled.bind).await?;
        if !quiet {
            welcome::print(&assembled.welcome);
        }
        serve(listener, assembled, told_to_stop).await
    }

    /// The same on a socket that listens already, until `stop` is ready.
    ///
    /// A future that is dropped before takes its connections, and what runs on them, with it:
    /// only `stop` lets running calls finish.
    ///
    /// # Errors
    ///
    /// As [`Server::serve`], without [`Error::Bind`].
    pub async fn serve_on(
        self,
        listener: TcpListener,
        config: Config,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), Error> {
        let bound = listener.local_addr().map_err(Error::Serve)?;
        let assembled = assemble(self.bound(), config, Some(bound))?;
        serve(listener, assembled, Box::pin(stop)).await
    }
}

/// Listens on an address.
pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    let open = || {
        let socket = match address {
            SocketAddr::V4(_) => tokio::net::TcpSocket::new_v4()?,
            SocketAddr::V6(_) => tokio::net::TcpSocket::new_v6()?,
        };
        // A server that was stopped can be started again at once.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    open().map_err(|source| Error::Bind { address, source })
}

/// Serves until `stop` is ready, then lets what runs come to its end.
///
/// Boxed here, so that it is compiled here: an async function is compiled by the crate that
/// awaits it, and that would be hyper and h2 once more with every edit of every server.
pub(super) fn serve(
    listener: TcpListener,
    assembled: Assembled,
    stop: BoxFuture<'_, ()>,
) -> BoxFuture<'_, Result<(), Error>> {
    serving(listener, assembled, stop).boxed()
}

async fn serving(
    listener: TcpListener,
    mut assembled: Assembled,
    mut stop: BoxFuture<'_, ()>,
) -> Result<(), Error> {
    assembled.entrance = assembled.entrance.alone(assembled.cors.clone());
    let graceful = GracefulShutdown::new();
    let mut connections = Connections::new();
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut stop => break,
            () = connections.turn() => continue,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) if is_of_one_connection(&error) => continue,
                Err(error) if is_of_resources(&error) => {
                    tracing::warn!(%error, "no connection can be accepted now; trying again");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
                Err(error) => return Err(Error::Serve(error)),
            },
        };
        // A reply is small, and must not wait for the acknowledgement of the one before.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        let activity = Arc::new(Activity::default());
        let entrance = assembled.entrance.clone();
        let peer = assembled.is_told_peers.then_some(ConnectInfo(peer));
        let connection = connection(stream, peer, entrance, Arc::clone(&activity));
        connections.spawn(activity, graceful.watch(connection));
    }
    drop(listener);
    tracing::info!("told to stop: running calls may finish, open streams end");
    assembled.ready.stop();
    assembled.streams.cancel();
    if tokio::time::timeout(LAST_CALLS, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some calls did not finish in time and are cut off");
    }
    // Ends what is left of sessions.
    assembled.everything.cancel();
    let _ = tokio::time::timeout(LAST_WORDS, connections.shut_down()).await;
    Ok(())
}

/// Ready when the process is told to stop. It listens from now on, polled or not: a
/// signal that comes while the server starts is not lost.
pub(super) fn told_to_stop() -> BoxFuture<'static, ()> {
    #[cfg(unix)]
    let signals = {
        use tokio::signal::unix::{SignalKind, signal};
        [SignalKind::interrupt(), SignalKind::terminate()].map(signal)
    };
    async move {
        #[cfg(unix)]
        {
            let mut told: Vec<_> = signals.into_iter().flatten().collect();
            std::future::poll_fn(|cx| {
                let is_told = told
                    .iter_mut()
                    .any(|signal| signal.poll_recv(cx).is_ready());
                if is_told {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
    .boxed()
}

/// Whether the fault is the connection's that was to be accepted, and no other's.
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}

/// Whether the fault passes when other connections end (`EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`).
fn is_of_resources(error: &std::io::Error) -> bool {
    matches!(error.raw_os_error(), Some(12 | 23 | 24 | 55 | 105))
}
