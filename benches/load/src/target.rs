//! Requests that are repeated, and their expected responses.

use std::{fmt, sync::Arc};

use support::{SigningKey, TokenBuilder};

use crate::{
    Fault,
    connection::{Caller, Connection, Recorded, ask},
    frame::{Frame, find},
    request::Endpoint,
};

/// The id of the first call in a session; all ids have eight digits.
const FIRST: u32 = 10_000_000;

/// One request and its expected response.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// The same request and the same response every time.
    Plain {
        endpoint: Endpoint,
        request: Arc<[u8]>,
        status: u16,
        body: Arc<[u8]>,
    },
    /// Calls with a bound token, each with a proof of its own.
    Bound {
        endpoint: Endpoint,
        credentials: Bound,
        body: Arc<[u8]>,
    },
    /// Calls in a session; every connection opens its own.
    Session {
        endpoint: Endpoint,
        token: Option<Arc<str>>,
        /// The rest of the response, after the id of the call.
        result: Arc<str>,
    },
}

/// A bound token and its key.
#[derive(Clone)]
pub(crate) struct Bound {
    pub(crate) resource: String,
    pub(crate) token: String,
    pub(crate) key: Arc<SigningKey>,
}

impl Bound {
    /// Builds a call with a new proof.
    fn call(&self, endpoint: &Endpoint) -> Vec<u8> {
        let proof = TokenBuilder::proof(&self.key, "POST", &self.resource);
        endpoint.bound_call(&self.token, &proof.about(&self.token).build())
    }
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound").finish_non_exhaustive()
    }
}

impl Target {
    /// Builds a target for calls with a bound token, which are answered like this one.
    pub(crate) fn bound(
        endpoint: &Endpoint,
        credentials: Bound,
        like: &Self,
    ) -> Result<Self, Fault> {
        let request = credentials.call(endpoint);
        let answer = ask(endpoint.address, &request)?;
        if let Self::Plain { body, .. } = like
            && (answer.status, answer.body.as_bytes()) == (200, body)
        {
            return Ok(Self::Bound {
                endpoint: endpoint.clone(),
                credentials,
                body: Arc::clone(body),
            });
        }
        Err(format!("{endpoint:?} answers a bound token with {}", answer.body).into())
    }

    /// Builds a target from a request and its recorded response.
    pub(crate) fn plain(endpoint: &Endpoint, request: Vec<u8>, seen: &Recorded) -> Self {
        Self::Plain {
            endpoint: endpoint.clone(),
            request: request.into(),
            status: seen.status,
            body: seen.body.as_bytes().into(),
        }
    }

    /// Builds a target for calls in sessions. Makes a first call, whose response later ones
    /// must match.
    pub(crate) fn session(endpoint: &Endpoint, token: Option<&str>) -> Result<Self, Fault> {
        let mut caller = Caller::open(endpoint.address)?;
        let session = open_session(&mut caller, endpoint, token)?;
        let (frame, bytes) = caller.exchange(&endpoint.session_call(&session, FIRST, token))?;
        expect(frame.status, 200)?;
        let body = String::from_utf8(frame.body(bytes).into_owned())?;
        let result = body.rsplit_once(&call_start(FIRST));
        // The rest after this line is the event's own id.
        let result = result.and_then(|(_, rest)| rest.split_once('\n'));
        let (result, _) = result.ok_or_else(|| format!("no response in this stream: {body}"))?;
        let target = Self::Session {
            endpoint: endpoint.clone(),
            token: token.map(Arc::from),
            result: result.into(),
        };
        caller.exchange(&endpoint.delete(&session, token))?;
        Ok(target)
    }

    /// Opens a session for another load program. Returns a request in it, split around the
    /// place of an eight-digit id.
    pub(crate) fn open_session(&self) -> Result<(String, String), Fault> {
        let Self::Session {
            endpoint, token, ..
        } = self
        else {
            return Err("this target has no sessions".into());
        };
        let token = token.as_deref();
        let session = open_session(&mut Caller::open(endpoint.address)?, endpoint, token)?;
        let request = String::from_utf8(endpoint.session_call(&session, FIRST, token))?;
        let (before, after) = request
            .split_once(&FIRST.to_string())
            .ok_or("a call has its number")?;
        Ok((before.to_owned(), after.to_owned()))
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        match self {
            Self::Plain { endpoint, .. }
            | Self::Bound { endpoint, .. }
            | Self::Session { endpoint, .. } => endpoint,
        }
    }

    /// Returns the response in a session, without the id of the call.
    pub(crate) fn result(&self) -> &str {
        match self {
            Self::Plain { .. } | Self::Bound { .. } => "",
            Self::Session { result, .. } => result,
        }
    }

    /// Prepares requests on this connection.
    pub(crate) async fn begin(&self, connection: &mut Connection) -> Result<Asking, Fault> {
        let Self::Session {
            endpoint, token, ..
        } = self
        else {
            let bound = match self {
                Self::Bound {
                    endpoint,
                    credentials,
                    ..
                } => Some((endpoint.clone(), credentials.clone())),
                _ => None,
            };
            return Ok(Asking {
                request: self.request().to_vec(),
                session: None,
                bound,
            });
        };
        let token = token.as_deref();
        let (frame, bytes) = connection.exchange(&endpoint.initialize(token)).await?;
        let session = session_of(frame, bytes)?;
        let ready = endpoint.initialized(&session, token);
        expect(connection.exchange(&ready).await?.0.status, 202)?;
        let request = endpoint.session_call(&session, FIRST, token);
        let place = find(&request, FIRST.to_string().as_bytes());
        let place = place.ok_or("a call has its number")?;
        Ok(Asking {
            request,
            session: Some((session, place, FIRST)),
            bound: None,
        })
    }

    /// Ends the session, if `begin` opened one.
    pub(crate) async fn end(
        &self,
        asking: Asking,
        connection: &mut Connection,
    ) -> Result<(), Fault> {
        if let (
            Self::Session {
                endpoint, token, ..
            },
            Some((session, ..)),
        ) = (self, asking.session)
        {
            let end = endpoint.delete(&session, token.as_deref());
            connection.exchange(&end).await?;
        }
        Ok(())
    }

    /// Returns the bytes of a plain request.
    pub(crate) fn request(&self) -> &[u8] {
        match self {
            Self::Plain { request, .. } => request,
            Self::Bound { .. } | Self::Session { .. } => &[],
        }
    }

    /// Checks a response.
    pub(crate) fn check(
        &self,
        asking: Option<&Asking>,
        frame: Frame,
        bytes: &[u8],
    ) -> Result<(), Fault> {
        let body = frame.body(bytes);
        let is_right = match self {
            Self::Plain {
                status,
                body: expected,
                ..
            } => frame.status == *status && *body == **expected,
            Self::Bound { body: expected, .. } => frame.status == 200 && *body == **expected,
            Self::Session { result, .. } => {
                let number = asking.and_then(|asking| asking.session.as_ref());
                let number = number.map_or(FIRST, |(_, _, number)| *number);
                let event = call_start(number) + result + "\n";
                frame.status == 200 && find(&body, event.as_bytes()).is_some()
            }
        };
        is_right.then_some(()).ok_or_else(|| {
            let text = String::from_utf8_lossy(bytes);
            format!("{:?} sent an unexpected response: {text}", self.endpoint()).into()
        })
    }
}

/// A connection's own copy of a request.
pub(crate) struct Asking {
    request: Vec<u8>,
    /// The session id, the offset of the call's id, and its current value.
    session: Option<(String, usize, u32)>,
    /// What each request is built of.
    bound: Option<(Endpoint, Bound)>,
}

impl Asking {
    /// Returns the bytes of the next request.
    pub(crate) fn next(&mut self) -> &[u8] {
        if let Some((endpoint, credentials)) = &self.bound {
            self.request = credentials.call(endpoint);
        }
        if let Some((_, place, number)) = &mut self.session {
            // Ids must be unique in a session (JSON-RPC 2.0 §4).
            *number += 1;
            let digits = number.to_string();
            self.request[*place..*place + digits.len()].copy_from_slice(digits.as_bytes());
        }
        &self.request
    }
}

fn call_start(number: u32) -> String {
    format!(r#"data: {{"jsonrpc":"2.0","id":{number}"#)
}

pub(crate) fn open_session(
    caller: &mut Caller,
    endpoint: &Endpoint,
    token: Option<&str>,
) -> Result<String, Fault> {
    let (frame, bytes) = caller.exchange(&endpoint.initialize(token))?;
    let session = session_of(frame, bytes)?;
    let (frame, _) = caller.exchange(&endpoint.initialized(&session, token))?;
    expect(frame.status, 202)?;
    Ok(session)
}

fn session_of(frame: Frame, bytes: &[u8]) -> Result<String, Fault> {
    expect(frame.status, 200)?;
    let fields = frame.fields(bytes);
    let session = fields
        .into_iter()
        .find(|(name, _)| name == "mcp-session-id");
    Ok(session.ok_or("it opened no session")?.1)
}

fn expect(status: u16, expected: u16) -> Result<(), Fault> {
    let is_right = status == expected;
    is_right
        .then_some(())
        .ok_or_else(|| format!("{status} instead of {expected}").into())
}
