//! A server under test, on its own port.

use std::{net::SocketAddr, time::Duration};

use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use toolgate::{Config, Error, Server};

/// A server that runs until it is dropped or stopped.
#[derive(Debug)]
pub struct RunningServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), Error>>,
}

impl RunningServer {
    /// Starts a server on a free port. `configure` changes a configuration whose resource is
    /// `http://127.0.0.1:<port>/mcp`.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    pub async fn start<S>(server: Server<S>, configure: impl FnOnce(Config) -> Config) -> Self
    where
        S: Clone + Send + Sync + 'static,
    {
        Self::start_as(server, |address| {
            configure(Config::new(format!("http://{address}/mcp")).with_bind(address))
        })
        .await
    }

    /// Starts a server with a configuration that is built from the address alone. Its resource
    /// must have the path `/mcp`.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    pub async fn start_as<S>(server: Server<S>, config: impl FnOnce(SocketAddr) -> Config) -> Self
    where
        S: Clone + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self::on(listener, server, config)
    }

    /// Like [`RunningServer::start`], at the address of a server that was dropped.
    ///
    /// # Panics
    ///
    /// If the address is still in use after some seconds.
    pub async fn start_at<S>(
        address: SocketAddr,
        server: Server<S>,
        configure: impl FnOnce(Config) -> Config,
    ) -> Self
    where
        S: Clone + Send + Sync + 'static,
    {
        let mut tries = 0;
        let listener = loop {
            match TcpListener::bind(address).await {
                Ok(listener) => break listener,
                Err(error) => assert!(tries < 100, "{address}: {error}"),
            }
            tries += 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        Self::on(listener, server, |address| {
            configure(Config::new(format!("http://{address}/mcp")).with_bind(address))
        })
    }

    fn on<S>(
        listener: TcpListener,
        server: Server<S>,
        config: impl FnOnce(SocketAddr) -> Config,
    ) -> Self
    where
        S: Clone + Send + Sync + 'static,
    {
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let config = config(address);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.serve_on(listener, config, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            stop: Some(stop),
            task,
        }
    }

    /// Returns its address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns its origin, `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns its MCP endpoint, which is its resource.
    #[must_use]
    pub fn resource(&self) -> String {
        format!("{}/mcp", self.origin())
    }

    /// Returns another URL of it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// Requests shutdown without waiting.
    pub fn begin_shutdown(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits until it has stopped.
    ///
    /// # Panics
    ///
    /// If it does not stop within 35 seconds, or stops with an error.
    pub async fn stopped(mut self) {
        self.begin_shutdown();
        tokio::time::timeout(Duration::from_secs(35), &mut self.task)
            .await
            .expect("it stops in time")
            .expect("it does not panic")
            .expect("it stops without an error");
    }

    /// Returns the error that prevented its start.
    ///
    /// # Panics
    ///
    /// If it did start.
    pub async fn start_error(self) -> Error {
        tokio::time::timeout(Duration::from_secs(5), self.task)
            .await
            .expect("it ends by itself")
            .expect("it does not panic")
            .expect_err("it does not start")
    }
}
