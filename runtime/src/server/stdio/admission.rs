//! Authorizes each line before rmcp sees its message.

use std::{future::poll_fn, sync::Arc, task::Poll};

use futures_util::FutureExt;
use rmcp::model::ClientJsonRpcMessage;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::gate::{Gate, LocalConnection};

use super::line_reader::Line;

/// What becomes of a line: an authorized message, the answer of its refusal, or nothing.
type Admitted = Result<Box<ClientJsonRpcMessage>, Option<Value>>;

/// Reads the lines of one client.
#[derive(Clone)]
pub(super) struct Admission {
    pub(super) gate: Arc<Gate>,
    pub(super) connection: LocalConnection,
    /// Where the answers to refused messages go.
    pub(super) answers: mpsc::Sender<Vec<u8>>,
    /// Where authorized messages go.
    pub(super) admitted: mpsc::Sender<Box<ClientJsonRpcMessage>>,
}

impl Admission {
    /// Authorizes each line and forwards its message, until the input ends or the client is gone.
    pub(super) async fn run(self, mut lines: mpsc::Receiver<Line>) {
        while let Some(line) = lines.recv().await {
            // Waits behind the answers of running calls: a client that does not read its answers
            // can send no more requests.
            if self.answers.reserve().await.is_err() {
                return;
            }
            let line = match line {
                Line::Whole(line) => line,
                Line::TooLong(beginning) => {
                    let answer = self.gate.refuse_long_line(&beginning);
                    self.pass_on(Err(Some(answer))).await;
                    continue;
                }
            };
            let gate = Arc::clone(&self.gate);
            let mut admission = gate.admit_local(line, self.connection.clone()).boxed();
            let decided = poll_fn(|context| Poll::Ready(admission.as_mut().poll(context))).await;
            match decided {
                Poll::Ready(admitted) => self.pass_on(admitted).await,
                // An item or the decision point still decides. Other messages do not wait for it.
                Poll::Pending => {
                    let this = self.clone();
                    let passing = async move { this.pass_on(admission.await).await };
                    tokio::spawn(passing.boxed());
                }
            }
        }
    }

    async fn pass_on(&self, admitted: Admitted) {
        match admitted {
            // If the receiver is gone, rmcp has ended and needs no message.
            Ok(message) => drop(self.admitted.send(message).await),
            Err(Some(answer)) => drop(self.answers.send(answer.to_string().into()).await),
            Err(None) => {}
        }
    }
}
