//! What an expansion of `#[mcp_tool]` says about one function.
//!
//! The macro names things, the runtime does things: an expansion is one value of
//! [`Definition`], made of facts and two functions. Nothing here is public API.

use rmcp::model::Icon;
use serde_json::Value;

use super::{
    Call, CallFuture, Describe, FromCall,
    authorize::{Answer, Asked, Check},
};
use crate::{access::Requirement, scope::Scope};

/// One tool as its author wrote it.
pub struct Definition<S> {
    pub(super) facts: Facts,
    pub(super) describe: Box<dyn FnOnce(&mut Describe) + Send>,
    pub(super) call: Box<dyn Fn(Call<S>) -> CallFuture + Send + Sync>,
    pub(super) takes_context: bool,
    pub(super) takes_caller: bool,
    pub(super) check: Option<Check>,
}

impl<S> Definition<S> {
    /// A tool by its facts, its schemas and what runs it.
    pub fn new(
        facts: Facts,
        describe: impl FnOnce(&mut Describe) + Send + 'static,
        call: impl Fn(Call<S>) -> CallFuture + Send + Sync + 'static,
    ) -> Self {
        Self {
            facts,
            describe: Box::new(describe),
            call: Box::new(call),
            takes_context: false,
            takes_caller: false,
            check: None,
        }
    }

    /// `authorize = …` and `demands = […]`.
    #[must_use]
    pub fn authorize(
        mut self,
        demands: &'static [Scope],
        ask: impl Fn(&mut Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        self.check = Some(Check::new(demands, ask));
        self
    }

    /// Says that the tool has a parameter of this extractor.
    #[must_use]
    pub fn extracts<T: FromCall<S>>(mut self) -> Self {
        self.takes_context |= T::NEEDS_CONTEXT;
        self.takes_caller |= T::NEEDS_CALLER;
        self
    }
}

/// What the attribute stated, apart from parameters.
pub struct Facts {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) requirement: Requirement,
    pub(super) title: Option<&'static str>,
    pub(super) step_up: bool,
    pub(super) read_only: Option<bool>,
    pub(super) destructive: Option<bool>,
    pub(super) idempotent: Option<bool>,
    pub(super) open_world: Option<bool>,
    pub(super) icons: Vec<Icon>,
    pub(super) meta: Option<Value>,
}

impl Facts {
    /// What every tool has.
    #[must_use]
    pub fn new(name: &'static str, description: &'static str, requirement: Requirement) -> Self {
        Self {
            name,
            description,
            requirement,
            title: None,
            step_up: false,
            read_only: None,
            destructive: None,
            idempotent: None,
            open_world: None,
            icons: Vec::new(),
            meta: None,
        }
    }

    /// `title = "…"`.
    #[must_use]
    pub fn title(mut self, title: &'static str) -> Self {
        self.title = Some(title);
        self
    }

    /// `step_up`.
    #[must_use]
    pub fn step_up(mut self, value: bool) -> Self {
        self.step_up = value;
        self
    }

    /// `read_only`.
    #[must_use]
    pub fn read_only(mut self, value: bool) -> Self {
        self.read_only = Some(value);
        self
    }

    /// `destructive`.
    #[must_use]
    pub fn destructive(mut self, value: bool) -> Self {
        self.destructive = Some(value);
        self
    }

    /// `idempotent`.
    #[must_use]
    pub fn idempotent(mut self, value: bool) -> Self {
        self.idempotent = Some(value);
        self
    }

    /// `open_world`.
    #[must_use]
    pub fn open_world(mut self, value: bool) -> Self {
        self.open_world = Some(value);
        self
    }

    /// One of `icons = ["https://…"]`.
    #[must_use]
    pub fn icon_at(self, src: &'static str) -> Self {
        self.icon(Icon::new(src))
    }

    /// One of `icons = [Icon::new("…").with_mime_type("…")]`.
    #[must_use]
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icons.push(icon);
        self
    }

    /// `meta = json!({…})`.
    #[must_use]
    pub fn meta(mut self, meta: Value) -> Self {
        self.meta = Some(meta);
        self
    }
}

/// A scope by a constant's path: the text or the [`Scope`], whichever the constant is.
pub struct ScopeText<T>(pub T);

impl ScopeText<&'static str> {
    /// The scope.
    #[must_use]
    pub const fn scope(self) -> Scope {
        Scope::new(self.0)
    }
}

impl ScopeText<Scope> {
    /// The scope.
    #[must_use]
    pub const fn scope(self) -> Scope {
        self.0
    }
}
