//! Tests the published schemas.

use support::{
    schema_formats::has_standard_formats,
    server_process::{Folder, Program},
};

#[tokio::test]
async fn every_schema_has_standard_formats_alone() {
    let folder = Folder::new();
    let program = Program::new(env!("CARGO_BIN_EXE_everything"), &folder);
    has_standard_formats(&program.serve().await).await;
}
