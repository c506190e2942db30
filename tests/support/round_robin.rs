//! A proxy that gives each connection to the next replica.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};

/// A proxy that runs until this is dropped.
pub struct RoundRobin {
    /// The address at which it listens.
    pub address: SocketAddr,
    backends: Arc<Mutex<Vec<SocketAddr>>>,
    task: AbortHandle,
}

impl RoundRobin {
    /// Starts it without replicas.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let backends = Arc::<Mutex<Vec<SocketAddr>>>::default();
        let task = tokio::spawn(serve(listener, Arc::clone(&backends)));
        Self {
            address,
            backends,
            task: task.abort_handle(),
        }
    }

    /// Sends new connections to these replicas.
    pub fn send_to(&self, backends: Vec<SocketAddr>) {
        *self.backends.lock().expect("not poisoned") = backends;
    }
}

impl Drop for RoundRobin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, backends: Arc<Mutex<Vec<SocketAddr>>>) {
    let next = Arc::new(AtomicUsize::new(0));
    loop {
        let Ok((mut client, _)) = listener.accept().await else {
            continue;
        };
        let (backends, next) = (Arc::clone(&backends), Arc::clone(&next));
        tokio::spawn(async move {
            let backends = backends.lock().expect("not poisoned").clone();
            let start = next.fetch_add(1, Ordering::Relaxed);
            // A replica that does not listen is skipped.
            for index in 0..backends.len() {
                let backend = backends[(start + index) % backends.len()];
                if let Ok(mut replica) = TcpStream::connect(backend).await {
                    let _ = copy_bidirectional(&mut client, &mut replica).await;
                    return;
                }
            }
        });
    }
}
