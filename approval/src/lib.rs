//! Approvals of [`toolgate`](https://docs.rs/toolgate): a user signs in on the server's own page,
//! reads the question about a request, and decides.
//!
//! It is an internal crate. `toolgate` is its only user, and pins its exact version: no release
//! promises anything about this interface.
//!
//! | module | content |
//! |---|---|
//! | `approvals` | [`Approvals`]: stores requests, and waits for decisions |
//! | `approval_store` | the bounded store of pending approvals and their sign-ins |
//! | `sign_in`, `sign_in_failure` | one browser that signs in for one approval; the errors |
//! | `pages` | the HTTP pages |
//! | `html` | their HTML and their headers |
//! | `notices` | the texts of the pages without a form |
//! | `browser_request` | the cookie, the origin and the form of a browser |
//! | `secret_text` | random texts |
//! | `concurrency_limiter` | how many operations of one caller run at the same time |
//!
//! It prevents attacks: a client that answers by itself cannot decide; another user cannot see the
//! arguments; a foreign form (CSRF), a foreign code or state (RFC 9700 §4.7) and a framed page
//! (clickjacking) cannot decide; an approval can be used only once.

mod approval_store;
mod approvals;
mod browser_request;
mod concurrency_limiter;
mod html;
mod notices;
mod pages;
mod secret_text;
mod sign_in;
mod sign_in_failure;

pub use approval_store::{Decision, NewApproval, Page};
pub use approvals::{Approvals, ReportDecision, Settings};
