use rmcp::model::{ClientCapabilities, Implementation, InitializeRequestParams};

use super::*;
use crate::server::changes::Changes;

fn state() -> SessionState {
    let capabilities = ClientCapabilities::default();
    let client = Implementation::new("test", "1");
    SessionState::new(InitializeRequestParams::new(capabilities, client))
}

#[tokio::test]
async fn a_record_restores_what_its_client_said_until_the_session_ends() {
    let records = SessionRecords::new(None);
    assert!(records.load("a").await.unwrap().is_none());
    records.store("a", &state()).await.unwrap();
    records.store("b", &state()).await.unwrap();
    let loaded = records.load("a").await.unwrap().unwrap();
    assert_eq!(loaded.initialize_params, state().initialize_params);
    records.delete("a").await.unwrap();
    assert!(records.load("a").await.unwrap().is_none());
    assert_eq!(
        records.lock().len(),
        1,
        "nothing is left of an ended session"
    );
}

#[tokio::test]
async fn a_session_misses_the_changes_since_it_was_opened() {
    let changes = Changes::new();
    changes.count_list_change();
    let records = SessionRecords::new(Some(changes.clone()));
    records.store("a", &state()).await.unwrap();
    assert!(!records.missed_changes("a"));
    changes.count_list_change();
    assert!(records.missed_changes("a"));
    assert!(!records.missed_changes("unknown"));
}
