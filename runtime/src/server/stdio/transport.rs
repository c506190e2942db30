//! rmcp's transport between the admission of messages and the lines that answer them.

use std::io;

use rmcp::{
    RoleServer,
    model::{ClientJsonRpcMessage, ClientRequest, GetMeta, JsonRpcMessage, ProtocolVersion},
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use tokio::sync::mpsc;

use super::super::handler::REVISIONS;

/// The transport of one client.
pub(super) struct StdioTransport {
    admitted: mpsc::Receiver<Box<ClientJsonRpcMessage>>,
    answers: mpsc::Sender<Vec<u8>>,
    /// Whether a message has begun the lifecycle of rmcp's service.
    has_begun: bool,
}

impl StdioTransport {
    pub(super) fn new(
        admitted: mpsc::Receiver<Box<ClientJsonRpcMessage>>,
        answers: mpsc::Sender<Vec<u8>>,
    ) -> Self {
        Self {
            admitted,
            answers,
            has_begun: false,
        }
    }

    /// Returns whether rmcp gets a message. It would end the service if a notification or a response
    /// came before the first request, and neither has a meaning then.
    fn takes(&mut self, message: &ClientJsonRpcMessage) -> bool {
        let JsonRpcMessage::Request(request) = message else {
            return self.has_begun;
        };
        self.has_begun |= begins(&request.request);
        true
    }
}

/// Returns whether rmcp's service takes this request as the begin of its lifecycle.
fn begins(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
        request => {
            let meta = request.get_meta();
            let missing = meta.missing_required_keys(&ProtocolVersion::V_2026_07_28);
            let revision = meta.protocol_version();
            missing.is_empty() && revision.is_some_and(|revision| REVISIONS.contains(&revision))
        }
    }
}

impl Transport<RoleServer> for StdioTransport {
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let line = serde_json::to_vec(&message);
        let answers = self.answers.clone();
        async move {
            let sent = answers.send(line?).await;
            sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            let message = self.admitted.recv().await?;
            if self.takes(&message) {
                return Some(*message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.admitted.close();
        Ok(())
    }
}
