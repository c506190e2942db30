//! Connections that are kept, written to without a client's own machinery.

use std::{
    io::{Read, Write},
    net::SocketAddr,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{Fault, frame::Frame};

/// How much of an answer is read at once.
const BUFFER: usize = 64 * 1024;

/// How long an answer may take before the run is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection for many requests at a time, each on a connection of its own.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// The measures of the answer before, which this one will most likely have as well.
    before: Option<Frame>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, Fault> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; BUFFER],
            before: None,
        })
    }

    /// Sends a request, and reads its answer as a whole.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<(Frame, &[u8]), Fault> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        loop {
            if filled == self.buffer.len() {
                self.buffer.resize(2 * filled, 0);
            }
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                return Err("the server hung up".into());
            }
            filled += read;
            let bytes = &self.buffer[..filled];
            let frame = match self.before.filter(|before| before.fits(bytes)) {
                Some(before) => Some(before),
                None => Frame::of(bytes)?,
            };
            if let Some(frame) = frame {
                self.before = Some(frame);
                return whole(frame, &self.buffer[..filled]);
            }
        }
    }
}

/// A connection for one request after the other.
pub(crate) struct Caller {
    stream: std::net::TcpStream,
    buffer: Vec<u8>,
}

impl Caller {
    pub(crate) fn open(address: SocketAddr) -> Result<Self, Fault> {
        let stream = std::net::TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            buffer: vec![0; BUFFER],
        })
    }

    /// Sends a request, and reads its answer as a whole.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Result<(Frame, &[u8]), Fault> {
        self.stream.write_all(request)?;
        let mut filled = 0;
        loop {
            if filled == self.buffer.len() {
                self.buffer.resize(2 * filled, 0);
            }
            let read = self.stream.read(&mut self.buffer[filled..])?;
            if read == 0 {
                return Err("the server hung up".into());
            }
            filled += read;
            if let Some(frame) = Frame::of(&self.buffer[..filled])? {
                return whole(frame, &self.buffer[..filled]);
            }
        }
    }
}

/// One request on a connection of its own.
pub(crate) fn ask(address: SocketAddr, request: &[u8]) -> Result<Recorded, Fault> {
    let mut caller = Caller::open(address)?;
    let (frame, bytes) = caller.exchange(request)?;
    Ok(Recorded {
        status: frame.status,
        fields: frame.fields(bytes),
        body: String::from_utf8(frame.body(bytes).into_owned())?,
    })
}

/// An answer, kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Recorded {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Recorded {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

fn whole(frame: Frame, bytes: &[u8]) -> Result<(Frame, &[u8]), Fault> {
    // One request is under way, so there is nothing more to come.
    if frame.total != bytes.len() {
        return Err("the server wrote more than one answer".into());
    }
    Ok((frame, bytes))
}
