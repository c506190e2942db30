//! Compiles every Rust snippet of the guide and of the README, and runs those without `no_run`.
//!
//! `cargo test -p guide-snippets --doc` tests them. `tests/guide` compares this list with the
//! pages. `clients.md` and `tokens.md` are documentation of the library, which tests them.

#[doc = include_str!("../../src/access.md")]
pub mod access {}
#[doc = include_str!("../../src/first-server.md")]
pub mod first_server {}
#[doc = include_str!("../../src/machines.md")]
pub mod machines {}
#[doc = include_str!("../../src/policy.md")]
pub mod policy {}
#[cfg(feature = "cedar")]
#[doc = include_str!("../../src/policy-engine.md")]
pub mod policy_engine {}
#[doc = include_str!("../../src/providers/auth0.md")]
pub mod auth0 {}
#[doc = include_str!("../../src/providers/cognito.md")]
pub mod cognito {}
#[doc = include_str!("../../src/providers/entra.md")]
pub mod entra {}
#[doc = include_str!("../../src/providers/google.md")]
pub mod google {}
#[doc = include_str!("../../src/migrating/fastmcp.md")]
pub mod migrating_from_fastmcp {}
#[doc = include_str!("../../src/migrating/rmcp.md")]
pub mod migrating_from_rmcp {}
#[doc = include_str!("../../src/migrating/scalekit.md")]
pub mod migrating_from_scalekit {}
#[doc = include_str!("../../src/migrating/typescript.md")]
pub mod migrating_from_typescript {}
#[doc = include_str!("../../src/providers/keycloak.md")]
pub mod keycloak {}
#[doc = include_str!("../../src/providers/stytch.md")]
pub mod stytch {}
#[doc = include_str!("../../src/providers.md")]
pub mod providers {}
#[doc = include_str!("../../src/rate-limits.md")]
pub mod rate_limits {}
#[doc = include_str!("../../src/recipes.md")]
pub mod recipes {}
#[doc = include_str!("../../src/operating/replicas.md")]
pub mod replicas {}
#[doc = include_str!("../../src/resources-and-prompts.md")]
pub mod resources_and_prompts {}
#[doc = include_str!("../../src/rounds.md")]
pub mod rounds {}
#[doc = include_str!("../../src/stdio.md")]
pub mod stdio {}
#[doc = include_str!("../../src/testing.md")]
pub mod testing {}
#[doc = include_str!("../../src/tools.md")]
pub mod tools {}
#[doc = include_str!("../../../README.md")]
pub mod readme {}
