//! Listens, and shuts down without losing calls.

use std::{net::SocketAddr, task::Poll, time::Duration};

use axum::{Router, extract::ConnectInfo};
use futures_util::{FutureExt, future::BoxFuture};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    config::Config,
    error::{Error, StartError},
};

use super::{
    Server,
    assembly::{Assembled, assemble},
    connection::connection,
};

/// How long running calls may take to finish after the stop signal.
const CALL_TIMEOUT: Duration = Duration::from_secs(25);
/// How long the remaining connections may then take to close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);
/// How many connections can wait to be accepted.
const BACKLOG: u32 = 4096;

impl<S: Clone + Send + Sync + 'static> Server<S> {
    /// Returns the routes of the server, to merge into your own axum application.
    ///
    /// The router has the path of the resource and the paths of its metadata, and nothing else:
    /// no fallback, and no `/docs`, `/healthz` or `/readyz` unless [`Config::with_docs_page`] or
    /// [`Config::with_health_paths`] asks for them.
    ///
    /// Merge the router at the root of the origin of the configured resource, because the
    /// well-known paths of RFC 9728 are there. To nest it, name the path in
    /// [`Config::with_nested_path`]. Several servers with different resources can be merged into
    /// one application; axum panics if two have the same path. [`Mount`](crate::Mount) combines
    /// servers and returns an error instead.
    /// The start-up banner is printed as by [`Server::serve`].
    ///
    /// The development issuer answers only clients on this machine, and reads the peer
    /// address to recognize them. Serve the application with that address:
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
    /// Returns a [`StartError`] with every error of the items and the configuration.
    pub fn into_router(self, config: Config) -> Result<Router, StartError> {
        let assembled = assemble(self.bound(), config, None)?;
        let mut routes = assembled.mounted();
        routes.announce();
        Ok(routes.into_router())
    }

    /// Returns the protected resource metadata (RFC 9728 §2) that the server would publish with
    /// this configuration, as JSON.
    ///
    /// # Errors
    ///
    /// Returns a [`StartError`] with every error of the items and the configuration.
    pub fn metadata(self, config: Config) -> Result<String, StartError> {
        let assembled = assemble(self.bound(), config.unobserved(), None)?;
        let metadata = &assembled.served.metadata.alone;
        Ok(String::from_utf8_lossy(metadata).into_owned())
    }

    /// Listens and serves until the process receives a stop signal (Ctrl-C or SIGTERM).
    ///
    /// Running calls then finish and open streams end. The server returns within 30 seconds,
    /// after the time of [`Config::with_drain`].
    ///
    /// # Errors
    ///
    /// [`Error::Start`] with every error of the items and the configuration, [`Error::Bind`]
    /// if the server cannot listen on the address, [`Error::Serve`] if listening fails later.
    pub async fn serve(self, config: Config) -> Result<(), Error> {
        let stop_signal = stop_signal();
        let mut assembled = assemble(self.bound(), config, None)?;
        let listener = listen(assembled.bind).await?;
        assembled.announce(&listener);
        serve(listener, assembled, stop_signal).await
    }

    /// Serves on a socket that is already listening, until `stop` completes.
    ///
    /// Dropping the future closes its connections and cancels the calls on them. Only `stop`
    /// lets running calls finish.
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

impl Assembled {
    /// Prints the start-up banner, unless it is switched off.
    pub(super) fn announce(&mut self, listener: &TcpListener) {
        if let Some(banner) = self.banner.take() {
            let readiness = self.served.readiness.clone();
            banner.listening(listener).announce(readiness);
        }
    }
}

/// Opens a listening socket.
pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    let open = || {
        let socket = match address {
            SocketAddr::V4(_) => tokio::net::TcpSocket::new_v4()?,
            SocketAddr::V6(_) => tokio::net::TcpSocket::new_v6()?,
        };
        // Lets a stopped server restart immediately on the same address.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    open().map_err(|source| Error::Bind { address, source })
}

/// Serves until `stop` completes, then lets running calls finish.
///
/// Boxed so that it is compiled in this crate: an async function is compiled in the crate
/// that awaits it, so every edit of a server would compile hyper and h2 again.
pub(super) fn serve(
    listener: TcpListener,
    assembled: Assembled,
    stop: BoxFuture<'_, ()>,
) -> BoxFuture<'_, Result<(), Error>> {
    serving(listener, assembled, stop).boxed()
}

async fn serving(
    listener: TcpListener,
    assembled: Assembled,
    stop: BoxFuture<'_, ()>,
) -> Result<(), Error> {
    let entry = assembled.entry();
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, resource = assembled.served.resource, "server is listening");
    }
    let (ready, drain) = (assembled.served.readiness.clone(), assembled.drain);
    let mut stop = async move {
        stop.await;
        if !drain.is_zero() {
            tracing::info!(seconds = drain.as_secs(), "stop signal received: draining");
            ready.stop();
            tokio::time::sleep(drain).await;
        }
    }
    .boxed();
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) if is_about_one_connection(&error) => continue,
                Err(error) if is_resource_shortage(&error) => {
                    tracing::warn!(%error, "cannot accept a connection now; trying again");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
                Err(error) => return Err(Error::Serve(error)),
            },
        };
        // A small reply must not wait for the acknowledgement of the previous one.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        let peer = assembled.needs_peer_address.then_some(ConnectInfo(peer));
        let connection = connection(stream, peer, entry.clone());
        let connection = graceful.watch(connection);
        let logged = async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection failed");
            }
        };
        connections.spawn(logged.boxed());
    }
    drop(listener);
    tracing::info!("stop signal received: running calls may finish, open streams end");
    assembled.served.readiness.stop();
    assembled.streams.cancel();
    if tokio::time::timeout(CALL_TIMEOUT, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some calls did not finish in time and are cut off");
    }
    // Cancels the remaining sessions.
    assembled.session_shutdown.cancel();
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, connections.shutdown()).await;
    if let Some(observer) = &assembled.observer {
        observer.finish().await;
    }
    Ok(())
}

/// Completes when the process receives a stop signal. The signal handlers are installed
/// immediately, even if the future is not polled, so that a signal during start-up is not
/// lost.
pub(super) fn stop_signal() -> BoxFuture<'static, ()> {
    #[cfg(unix)]
    let signals = {
        use tokio::signal::unix::{SignalKind, signal};
        [SignalKind::interrupt(), SignalKind::terminate()].map(signal)
    };
    async move {
        #[cfg(unix)]
        {
            let mut signals: Vec<_> = signals.into_iter().flatten().collect();
            std::future::poll_fn(|cx| {
                let is_stopped = signals
                    .iter_mut()
                    .any(|signal| signal.poll_recv(cx).is_ready());
                if is_stopped {
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

/// Returns whether the error affects only the connection that was to be accepted.
fn is_about_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}

/// Returns whether the error passes when other connections end (`EMFILE`, `ENFILE`,
/// `ENOBUFS`, `ENOMEM`).
fn is_resource_shortage(error: &std::io::Error) -> bool {
    matches!(error.raw_os_error(), Some(12 | 23 | 24 | 55 | 105))
}
