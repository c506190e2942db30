//! Keep-alive connections with as little client code as possible.

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

/// How much of a response is read in one step.
const BUFFER: usize = 64 * 1024;

/// How long a response may take before the run fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Assembles the responses of one connection from the bytes read.
pub(crate) struct Answers {
    buffer: Vec<u8>,
    filled: usize,
    /// The frame of the previous response, which the next one most likely has too.
    before: Option<Frame>,
}

impl Answers {
    pub(crate) fn new() -> Self {
        Self {
            buffer: vec![0; BUFFER],
            filled: 0,
            before: None,
        }
    }

    /// Returns the buffer for the next read.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        if self.filled == self.buffer.len() {
            self.buffer.resize(2 * self.filled, 0);
        }
        &mut self.buffer[self.filled..]
    }

    /// Adds bytes that were read. Returns the frame if the response is complete.
    pub(crate) fn take(&mut self, read: usize) -> Result<Option<Frame>, Fault> {
        if read == 0 {
            return Err("the server closed the connection".into());
        }
        self.filled += read;
        let bytes = &self.buffer[..self.filled];
        let frame = match self.before.filter(|before| before.fits(bytes)) {
            Some(before) => Some(before),
            None => Frame::of(bytes)?,
        };
        let Some(frame) = frame else {
            return Ok(None);
        };
        // Only one request is outstanding, so nothing may follow.
        if frame.total != self.filled {
            return Err("the server sent more than one response".into());
        }
        self.before = Some(frame);
        self.filled = 0;
        Ok(Some(frame))
    }

    /// Returns the bytes of the last complete response.
    pub(crate) fn bytes(&self, frame: Frame) -> &[u8] {
        &self.buffer[..frame.total]
    }
}

/// An asynchronous connection, for many connections on one thread.
pub(crate) struct Connection {
    stream: TcpStream,
    answers: Answers,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, Fault> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            answers: Answers::new(),
        })
    }

    /// Sends a request, and reads the complete response.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<(Frame, &[u8]), Fault> {
        self.stream.write_all(request).await?;
        loop {
            let read = self.stream.read(self.answers.room()).await?;
            if let Some(frame) = self.answers.take(read)? {
                return Ok((frame, self.answers.bytes(frame)));
            }
        }
    }
}

/// A blocking connection.
pub(crate) struct Caller {
    stream: std::net::TcpStream,
    answers: Answers,
}

impl Caller {
    pub(crate) fn open(address: SocketAddr) -> Result<Self, Fault> {
        let stream = std::net::TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            answers: Answers::new(),
        })
    }

    /// Returns the socket to wait on until there is data to read.
    pub(crate) fn stream(&self) -> &std::net::TcpStream {
        &self.stream
    }

    /// Sends a request.
    pub(crate) fn send(&mut self, request: &[u8]) -> Result<(), Fault> {
        Ok(self.stream.write_all(request)?)
    }

    /// Reads what is available, blocking if there is nothing. Returns the response if it is
    /// complete.
    pub(crate) fn read(&mut self) -> Result<Option<(Frame, &[u8])>, Fault> {
        let read = self.stream.read(self.answers.room())?;
        let frame = self.answers.take(read)?;
        Ok(frame.map(|frame| (frame, self.answers.bytes(frame))))
    }

    /// Sends a request, and reads the complete response.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Result<(Frame, &[u8]), Fault> {
        self.send(request)?;
        loop {
            let read = self.stream.read(self.answers.room())?;
            if let Some(frame) = self.answers.take(read)? {
                return Ok((frame, self.answers.bytes(frame)));
            }
        }
    }
}

/// Sends one request on a new connection.
pub(crate) fn ask(address: SocketAddr, request: &[u8]) -> Result<Recorded, Fault> {
    let mut caller = Caller::open(address)?;
    let (frame, bytes) = caller.exchange(request)?;
    Ok(Recorded {
        status: frame.status,
        fields: frame.fields(bytes),
        body: String::from_utf8(frame.body(bytes).into_owned())?,
    })
}

/// A stored response.
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
