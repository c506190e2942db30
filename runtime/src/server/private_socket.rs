//! The socket of a listener that is not the server's own: of the metrics, or of the operator.

use std::{io, net::SocketAddr};

use tokio::{net::TcpListener, runtime::Handle};

/// Listens at an address. Returns the runtime in which the listener is served, too.
///
/// # Errors
///
/// Returns an error if the address is in use, or if there is no runtime.
pub(super) fn open(address: SocketAddr) -> io::Result<(TcpListener, Handle)> {
    let runtime = Handle::try_current().map_err(io::Error::other)?;
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok((TcpListener::from_std(listener)?, runtime))
}
