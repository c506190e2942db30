//! Who may use what. A change of access is a change of `access.txt`.

use toolgate_testing::{TestServer, assert_access};

use super::*;

#[test]
fn access_is_what_was_reviewed() {
    let reviewed = include_str!("access.txt");
    assert_eq!(
        protected(&Changes::new()).access_table().to_string(),
        reviewed
    );
}

#[tokio::test]
async fn every_item_is_as_accessible_as_it_declares() {
    let protected = assert_access(&TestServer::new(protected(&Changes::new()))).await;
    assert!(protected.denied > 0, "{protected:?}");
    assert_access(&TestServer::new(open(&Changes::new()))).await;
}
