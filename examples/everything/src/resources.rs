//! Resources: a text, bytes, a template, and one that can be watched.

use rmcp::model::ResourceContents;
use schemars::JsonSchema;
use serde::Serialize;
use toolgate::Json;

use crate::content::IMAGE;

/// The content of the template.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Data {
    id: String,
    #[serde(rename = "templateTest")]
    template_test: bool,
    data: String,
}

offer! {
    mcp_resource, resources: ResourceSet;

    /// A text.
    #[and(uri = "test://static-text")]
    async fn static_text() -> &'static str {
        "This is the content of the static text resource."
    }

    /// The bytes of an image.
    #[and(uri = "test://static-binary", mime_type = "image/png")]
    async fn static_binary() -> ResourceContents {
        ResourceContents::blob(IMAGE, "test://static-binary").with_mime_type("image/png")
    }

    /// The data of the id in the URI.
    #[and(uri = "test://template/{id}/data")]
    async fn template(id: String) -> Json<Data> {
        let data = format!("Data for ID: {id}");
        Json(Data { id, template_test: true, data })
    }

    /// A text that clients can subscribe to.
    #[and(uri = "test://watched-resource")]
    async fn watched_resource() -> &'static str {
        "This is the content of the watched resource."
    }
}
