//! Tools that return every kind of content. The suite defines their names and texts.

use rmcp::model::{ContentBlock, ResourceContents};
use toolgate::ToolError;

/// One red pixel, as a PNG.
pub(crate) const IMAGE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mO4oKAAAALUARHyogz6AAAAAElFTkSuQmCC";

/// A millisecond of silence, as a WAV.
const AUDIO: &str = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA==";

fn embedded(uri: &str, kind: &str, text: &str) -> ContentBlock {
    ContentBlock::resource(ResourceContents::text(text, uri).with_mime_type(kind))
}

offer! {
    mcp_tool, tools: ToolSet;

    /// Returns a text.
    #[and(read_only)]
    async fn test_simple_text() -> &'static str {
        "This is a simple text response for testing."
    }

    /// Returns an image.
    #[and(read_only)]
    async fn test_image_content() -> ContentBlock {
        ContentBlock::image(IMAGE, "image/png")
    }

    /// Returns a sound.
    #[and(read_only)]
    async fn test_audio_content() -> ContentBlock {
        ContentBlock::audio(AUDIO, "audio/wav")
    }

    /// Returns a resource with its text.
    #[and(read_only)]
    async fn test_embedded_resource() -> ContentBlock {
        embedded(
            "test://embedded-resource",
            "text/plain",
            "This is an embedded resource content.",
        )
    }

    /// Returns a text, an image and a resource.
    #[and(read_only)]
    async fn test_multiple_content_types() -> Vec<ContentBlock> {
        vec![
            ContentBlock::text("Multiple content types test:"),
            ContentBlock::image(IMAGE, "image/png"),
            embedded(
                "test://mixed-content-resource",
                "application/json",
                r#"{"test":"data","value":123}"#,
            ),
        ]
    }

    /// Always fails.
    #[and(read_only)]
    async fn test_error_handling() -> Result<(), ToolError> {
        Err(ToolError::new(
            "This tool intentionally returns an error for testing",
        ))
    }
}
