//! What a denial tells its client and its operator: a stable code, and what would help.
//!
//! Nothing here decides. `docs/denials.md` lists the codes.

mod denial_reason;
mod item_denial;
mod remedy;

pub use denial_reason::DenialReason;
pub use item_denial::ItemDenial;
pub use remedy::Remedy;

#[cfg(test)]
mod tests;
