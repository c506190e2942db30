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
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The answers of one connection, put together from what is read.
pub(crate) struct Answers {
    buffer: Vec<u8>,
    filled: usize,
    /// The measures of the answer before, which this one will most likely have as well.
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

    /// Where the next bytes are to be read to.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        if self.filled == self.buffer.len() {
            self.buffer.resize(2 * self.filled, 0);
        }
        &mut self.buffer[self.filled..]
    }

    /// Takes so many bytes that were read; the frame of the answer if that is its end.
    pub(crate) fn take(&mut self, read: usize) -> Result<Option<Frame>, Fault> {
        if read == 0 {
            return Err("the server hung up".into());
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
        // One request is under way, so there is nothing more to come.
        if frame.total != self.filled {
            return Err("the server wrote more than one answer".into());
        }
        self.before = Some(frame);
        self.filled = 0;
        Ok(Some(frame))
    }

    /// The bytes of the answer that was the last to end.
    pub(crate) fn bytes(&self, frame: Frame) -> &[u8] {
        &self.buffer[..frame.total]
    }
}

/// A connection for many requests at a time, each on a connection of its own.
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

    /// Sends a request, and reads its answer as a whole.
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

/// A connection for one request after the other.
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

    /// What can be waited on until there is something to read.
    pub(crate) fn stream(&self) -> &std::net::TcpStream {
        &self.stream
    }

    /// Sends a request.
    pub(crate) fn send(&mut self, request: &[u8]) -> Result<(), Fault> {
        Ok(self.stream.write_all(request)?)
    }

    /// Reads what is there, and waits if that is nothing; the answer if that is its end.
    pub(crate) fn read(&mut self) -> Result<Option<(Frame, &[u8])>, Fault> {
        let read = self.stream.read(self.answers.room())?;
        let frame = self.answers.take(read)?;
        Ok(frame.map(|frame| (frame, self.answers.bytes(frame))))
    }

    /// Sends a request, and reads its answer as a whole.
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
