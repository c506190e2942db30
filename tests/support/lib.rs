//! Shared code of the end-to-end tests.

pub mod approving_user;
pub mod captured_log;
pub mod client;
pub mod consenting_user;
mod folder;
pub mod guarded_items;
pub mod killed_server;
pub mod memory_store;
mod mock_issuer;
pub mod observed;
pub mod recording_http_client;
pub mod redis_server;
pub mod replica_set;
pub mod resources_and_prompts;
pub mod rmcp_client_app;
pub mod rmcp_handler;
pub mod round_robin;
pub mod running_server;
pub mod schema_formats;
pub mod server_process;
pub mod simulated_browser;
pub mod snapshot;
mod stopped_clock;
pub mod tool_server;
pub mod unsigned_tokens;
pub mod walk;

pub use stopped_clock::StoppedClock;
pub use toolgate_testing::TestClock;

pub use mock_issuer::{
    IssuerResponse, MetadataLocation, MockIssuer, Question, SigningKey, TokenBuilder,
};
