//! An engine on loopback, which answers as a function says.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use toolgate::policy::AuthZen;

/// A request that the engine got.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Value,
}

/// The bytes of an answer.
pub(crate) struct Reply(pub(crate) Vec<u8>);

impl Reply {
    pub(crate) fn json(body: &Value) -> Self {
        Self::with(200, "application/json", &body.to_string())
    }

    pub(crate) fn with(status: u16, media_type: &str, body: &str) -> Self {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} Any\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        Self([head.as_bytes(), body.as_bytes()].concat())
    }
}

pub(crate) struct Engine {
    url: String,
    credentials: PathBuf,
    asked: Arc<Mutex<Asked>>,
    count: Arc<AtomicUsize>,
}

impl Engine {
    pub(crate) async fn start(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("toolgate-authzen-{}-{number}", std::process::id());
        let credentials = std::env::temp_dir().join(name);
        fs::write(&credentials, "of-this-server\n").expect("a temporary file");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let own = fs::Permissions::from_mode(0o600);
            fs::set_permissions(&credentials, own).expect("own file");
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let engine = Self {
            url: format!("http://{}", listener.local_addr().expect("an address")),
            credentials,
            asked: Arc::default(),
            count: Arc::default(),
        };
        let (asked, count) = (Arc::clone(&engine.asked), Arc::clone(&engine.count));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let request = answer(stream, &reply).await;
                *asked.lock().expect("not poisoned") = request;
            }
        });
        engine
    }

    pub(crate) fn point(&self) -> AuthZen {
        self.point_at(&self.url)
    }

    pub(crate) fn point_at(&self, url: &str) -> AuthZen {
        AuthZen::new(url, self.credentials.to_str().expect("UTF-8"))
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn asked(&self) -> Asked {
        self.asked.lock().expect("not poisoned").clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.credentials);
    }
}

/// Reads one request, and answers it.
async fn answer(mut stream: TcpStream, reply: &impl Fn(&Asked) -> Reply) -> Asked {
    let mut bytes = Vec::new();
    let (head, start, length) = loop {
        let mut more = [0; 4096];
        let read = stream.read(&mut more).await.unwrap_or(0);
        bytes.extend_from_slice(&more[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").unwrap_or_default();
            break (head.to_owned(), head.len() + 4, length.parse().unwrap_or(0));
        }
        if read == 0 {
            return Asked::default();
        }
    };
    while bytes.len() < start + length {
        let mut more = [0; 4096];
        match stream.read(&mut more).await {
            Ok(0) | Err(_) => return Asked::default(),
            Ok(read) => bytes.extend_from_slice(&more[..read]),
        }
    }
    let asked = Asked {
        path: head.split(' ').nth(1).unwrap_or_default().to_owned(),
        authorization: header(&head, "authorization"),
        body: serde_json::from_slice(&bytes[start..]).unwrap_or_default(),
    };
    let _ = stream.write_all(&reply(&asked).0).await;
    let _ = stream.shutdown().await;
    asked
}

fn header(head: &str, name: &str) -> Option<String> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(one, _)| one.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim().to_owned())
}
