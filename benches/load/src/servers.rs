//! The measured servers; each is this program in a separate process.
//!
//! They share one tool, which returns the same bytes. Servers other than Toolgate's run on
//! `axum::serve` with `TCP_NODELAY`.

use std::{
    future::Future,
    io::{self, BufRead, Read},
    net::SocketAddr,
    thread,
};

use axum::{Router, serve::ListenerExt};
use tokio::{net::TcpListener, runtime};

use crate::{Fault, say};

mod bare;
mod feed;
mod handwritten;
mod hundred;
mod operated;
mod protected;
mod replica;
mod unprotected;

pub(crate) use feed::FEED;

/// The scope that the tool requires.
pub(crate) const SCOPE: &str = "weather:read";

/// Returns the tool's result.
fn forecast_for(city: &str) -> String {
    format!(
        "Tomorrow in {city}: sunny in the morning, clouds from the west in the afternoon, \
         some rain after nine; 14 to 22 degrees, wind from the south-west at 12 km/h."
    )
}

/// One of the servers.
enum Kind<'a> {
    Bare,
    Unprotected {
        nodelay: bool,
    },
    Handwritten {
        issuer: &'a str,
    },
    Protected {
        issuer: &'a str,
    },
    Sessionless {
        issuer: &'a str,
    },
    Open {
        issuer: &'a str,
    },
    Hundred {
        issuer: &'a str,
    },
    Feed {
        issuer: &'a str,
    },
    Operated {
        issuer: &'a str,
        words: &'a str,
        log: &'a str,
    },
    Replica {
        issuer: &'a str,
        resource: &'a str,
        store: &'a str,
    },
}

impl<'a> Kind<'a> {
    fn read(arguments: &[&'a str]) -> Result<Self, Fault> {
        Ok(match *arguments {
            ["bare"] => Self::Bare,
            ["unprotected"] => Self::Unprotected { nodelay: true },
            ["without-nodelay"] => Self::Unprotected { nodelay: false },
            ["handwritten", issuer] => Self::Handwritten { issuer },
            ["protected", issuer] => Self::Protected { issuer },
            ["sessionless", issuer] => Self::Sessionless { issuer },
            ["open", issuer] => Self::Open { issuer },
            ["hundred", issuer] => Self::Hundred { issuer },
            ["feed", issuer] => Self::Feed { issuer },
            ["operated", issuer, words, log] => Self::Operated { issuer, words, log },
            ["replica", issuer, resource, store] => Self::Replica {
                issuer,
                resource,
                store,
            },
            _ => return Err(format!("there is no such server: {}", arguments.join(" ")).into()),
        })
    }

    /// Serves. The bare server responds with the contents of this line.
    async fn serve(self, line: &str) -> Result<(), Fault> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        match self {
            Self::Bare => with_nodelay(listener, bare::router(line)?).await,
            Self::Unprotected { nodelay: true } => {
                with_nodelay(listener, unprotected::router()).await
            }
            Self::Unprotected { nodelay: false } => {
                say_where(address)?;
                Ok(axum::serve(listener, unprotected::router()).await?)
            }
            Self::Handwritten { issuer } => {
                let router = handwritten::router(issuer, &resource(address)).await?;
                with_nodelay(listener, router).await
            }
            Self::Protected { issuer } => protected::serve(listener, issuer).await,
            Self::Sessionless { issuer } => protected::serve_sessionless(listener, issuer).await,
            Self::Open { issuer } => protected::serve_open(listener, issuer).await,
            Self::Hundred { issuer } => hundred::serve(listener, issuer).await,
            Self::Feed { issuer } => feed::serve(listener, issuer).await,
            Self::Operated { issuer, words, log } => {
                operated::serve(listener, issuer, words, log).await
            }
            Self::Replica {
                issuer,
                resource,
                store,
            } => replica::serve(listener, issuer, resource, store).await,
        }
    }
}

/// Runs one of the servers until its input ends.
pub(crate) fn serve(arguments: &[String]) -> Result<(), Fault> {
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let kind = Kind::read(&arguments)?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    end_with_the_input();
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(kind.serve(&line))
}

/// Returns the audience of a server's tokens.
pub(crate) fn resource(address: SocketAddr) -> String {
    format!("http://{address}/mcp")
}

fn say_where(address: SocketAddr) -> Result<(), Fault> {
    say(&format!("{address}\n"))
}

async fn with_nodelay(listener: TcpListener, router: Router) -> Result<(), Fault> {
    say_where(listener.local_addr()?)?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}

/// Serves with Toolgate's own server.
async fn with_toolgate(
    listener: TcpListener,
    issuer: &str,
    server: toolgate::Server<()>,
) -> Result<(), Fault> {
    let address = listener.local_addr()?;
    let config = toolgate::Config::new(resource(address)).with_issuer(issuer);
    say_where(address)?;
    Ok(server.serve_on(listener, config, never()).await?)
}

fn never() -> impl Future<Output = ()> + Send {
    std::future::pending()
}

/// Ends the server together with the process that started it.
fn end_with_the_input() {
    thread::spawn(|| {
        let _ = io::stdin().lock().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
}
