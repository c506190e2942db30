//! The report of a run, from the extensions of its request to the end of its handler.

use std::sync::Arc;

use rmcp::{
    ErrorData,
    model::{CallToolResponse, Extensions, GetPromptResponse, ReadResourceResponse},
};

use crate::observer::{RunOutcome, RunReport};

use super::dispatch_check::gate_extension;

/// Returns the report of a request, if anything observes its gate.
pub(super) fn run_report(extensions: &Extensions) -> Option<Arc<RunReport>> {
    gate_extension::<Arc<RunReport>>(extensions).cloned()
}

/// Finishes a report when the handler of its request ends. The extensions of the request can live
/// longer, in a task that the item has started.
pub(super) struct FinishReport(pub(super) Option<Arc<RunReport>>);

impl Drop for FinishReport {
    fn drop(&mut self) {
        if let Some(report) = &self.0 {
            report.finish();
        }
    }
}

/// Runs code that does not note its outcome itself, and notes it.
pub(super) async fn reported<T: RunEnd>(
    report: Option<Arc<RunReport>>,
    running: impl Future<Output = Result<T, ErrorData>>,
) -> Result<T, ErrorData> {
    let Some(report) = report else {
        return running.await;
    };
    let outcome = |end: &Result<T, ErrorData>| match end {
        Ok(end) => end.outcome(),
        Err(_) => RunOutcome::ToolError,
    };
    report.during(running, outcome).await
}

/// The result of a run.
pub(super) trait RunEnd {
    /// Returns how the run ended.
    fn outcome(&self) -> RunOutcome {
        RunOutcome::Ran
    }
}

impl RunEnd for CallToolResponse {
    fn outcome(&self) -> RunOutcome {
        match self {
            Self::Complete(result) if result.is_error == Some(true) => RunOutcome::ToolError,
            _ => RunOutcome::Ran,
        }
    }
}

impl RunEnd for GetPromptResponse {}
impl RunEnd for ReadResourceResponse {}
impl RunEnd for rmcp::model::CompleteResult {}
