//! The `authorize` function: a resource is read with the very values that it authorized.

use super::*;
use crate::item::{AuthorizeDenial, AuthorizeError};

async fn at_most_ten(
    caller: &Caller,
    id: &u32,
    State(most): &State<u32>,
) -> Result<(), AuthorizeError> {
    tokio::task::yield_now().await;
    assert_eq!(caller.subject(), Some("alice"));
    match id <= most {
        true => Ok(()),
        false => Err(AuthorizeError::denied("too high")),
    }
}

/// A drawer of the vault.
#[mcp_resource(uri = "vault://{id}", authenticated, authorize = at_most_ten)]
fn drawer(id: u32, State(most): State<u32>) -> String {
    format!("{id} of {most}")
}

impl<S: Clone> Shelf<S> {
    /// Returns a permit with what the resource has authorized, as the gate does.
    async fn authorized(&self, uri: &str) -> Result<Permit, AuthorizeDenial> {
        let mut permit = self.permit(Operation::ReadResource(uri));
        let authorizing = self.admitted(&permit).authorize(uri, self.call()).unwrap();
        permit.set_parameters(authorizing.await?.parameters);
        Ok(permit)
    }

    async fn read_with(&self, permit: &Permit, uri: &str) -> Result<String, ErrorData> {
        let resource = self.admitted(permit);
        let response = resource.respond(permit, uri, true, self.call()).await?;
        let ReadResourceResponse::Complete(result) = response else {
            panic!("a question");
        };
        let json = serde_json::to_value(result).unwrap();
        Ok(json["contents"][0]["text"].as_str().unwrap().to_owned())
    }
}

#[tokio::test]
async fn the_variables_that_were_authorized_are_read_whatever_is_requested_later() {
    let shelf = shelf(10, resources![drawer]);
    let denied = shelf.authorized("vault://11").await.unwrap_err();
    assert_eq!(denied, AuthorizeDenial::Denied("too high".into()));
    let permit = shelf.authorized("vault://5").await.unwrap();
    let read = shelf.read_with(&permit, "vault://1000").await;
    assert_eq!(read.unwrap(), "5 of 10");
    // The permit covers one read.
    for uri in ["vault://1000", "vault://5"] {
        let error = shelf.read_with(&permit, uri).await.unwrap_err();
        assert_eq!(error.message, "this request was not admitted");
    }
    let unasked = shelf.error("vault://5").await;
    assert_eq!(unasked.1, "this request was not admitted");
}

#[tokio::test]
async fn a_variable_that_cannot_be_read_is_no_resource_and_is_not_asked_about() {
    let shelf = shelf(10, resources![drawer]);
    let permit = shelf.permit(Operation::ReadResource("vault://x"));
    let resource = shelf.admitted(&permit);
    let authorized = resource.authorize("vault://x", shelf.call()).unwrap().await;
    assert!(!authorized.unwrap().is_readable);
    let permit = shelf.authorized("vault://x").await.unwrap();
    let error = shelf.read_with(&permit, "vault://5").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::RESOURCE_NOT_FOUND);
}
