//! [`ItemDeclaration`]: what an attribute states about an item of any kind, except for its
//! parameters.

use std::time::Duration;

use rmcp::model::{Icon, MetaObject};
use serde_json::Value;

use super::{ClientCapability, ItemLimits, question::DeclaredQuestion, security_schemes};
use crate::{
    access::{Conditions, Requirement},
    error::SetupErrors,
    rate::Rate,
    scope::Scope,
};

/// What an attribute states about an item.
pub struct ItemDeclaration {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) requirement: Requirement,
    pub(crate) conditions: Conditions,
    pub(crate) title: Option<&'static str>,
    pub(crate) step_up: bool,
    pub(crate) read_only: Option<bool>,
    pub(crate) destructive: Option<bool>,
    pub(crate) idempotent: Option<bool>,
    pub(crate) open_world: Option<bool>,
    pub(crate) icons: Vec<Icon>,
    pub(crate) meta: Option<Value>,
    pub(crate) client_capabilities: &'static [ClientCapability],
    pub(crate) question: Option<DeclaredQuestion>,
    pub(crate) limits: ItemLimits,
}

impl ItemDeclaration {
    /// Creates a declaration with what every item has.
    #[must_use]
    pub fn new(name: &'static str, description: &'static str, requirement: Requirement) -> Self {
        Self {
            name,
            description,
            requirement,
            conditions: Conditions::NONE,
            title: None,
            step_up: false,
            read_only: None,
            destructive: None,
            idempotent: None,
            open_world: None,
            icons: Vec::new(),
            meta: None,
            client_capabilities: &[],
            question: None,
            limits: ItemLimits::NONE,
        }
    }

    /// `role = "…"`, `roles = […]`, `any_role = […]`, `acr = …`, `max_age = …`.
    #[must_use]
    pub fn conditions(mut self, conditions: Conditions) -> Self {
        self.conditions = conditions;
        self
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

    /// `confirm = "…"`.
    #[must_use]
    pub fn confirm(mut self, question: &'static str) -> Self {
        self.question = Some(DeclaredQuestion::confirm(self.question, question));
        self
    }

    /// `approve = "…"`.
    #[must_use]
    pub fn approve(mut self, question: &'static str) -> Self {
        self.question = Some(DeclaredQuestion::approve(self.question, question));
        self
    }

    /// `rate = "…"`, `burst = …`.
    #[must_use]
    pub fn rate(mut self, rate: Rate) -> Self {
        self.limits.rate = Some(rate);
        self
    }

    /// `concurrency = …`.
    #[must_use]
    pub fn concurrency(mut self, most: u32) -> Self {
        self.limits.concurrency = Some(most);
        self
    }

    /// `timeout = "…"`.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.limits.timeout = Some(time);
        self
    }

    /// `client_capabilities = ["…"]`.
    #[must_use]
    pub fn client_capabilities(mut self, needed: &'static [ClientCapability]) -> Self {
        self.client_capabilities = needed;
        self
    }
}

/// What a list publishes of a declaration.
pub(crate) struct Published {
    pub(crate) description: String,
    pub(crate) title: Option<String>,
    pub(crate) icons: Option<Vec<Icon>>,
    pub(crate) meta: MetaObject,
}

impl ItemDeclaration {
    /// Returns what a list publishes. Errors are added to `faults`, with `noun` for the kind of
    /// the item.
    pub(crate) fn publish(
        &mut self,
        noun: &str,
        takes_caller: bool,
        authorize_scopes: &[Scope],
        faults: &mut SetupErrors,
    ) -> Published {
        let name = self.name;
        if takes_caller && self.requirement == Requirement::Public {
            faults.add(
                format!("the {noun} `{name}` is public and takes a `Caller`, which a call without a token does not have"),
                "take `Option<Caller>`, or use `authenticated` instead of `public`",
            );
        }
        if self.description.trim().is_empty() {
            // The attribute reports this, unless the text comes from a file.
            faults.add(
                format!("the {noun} `{name}` has no description, and clients choose items by their descriptions"),
                "describe in its doc comment what it does and when to use it",
            );
        }
        let mut meta = match self.meta.take() {
            None => MetaObject::default(),
            Some(Value::Object(members)) => MetaObject(members),
            Some(_) => {
                faults.add(
                    format!("the `meta` of the {noun} `{name}` is not a JSON object"),
                    "give an object, such as `serde_json::json!({ \"example.com/cost\": 1 })`",
                );
                MetaObject::default()
            }
        };
        let schemes = security_schemes::schemes(self.requirement, authorize_scopes);
        if meta
            .0
            .insert(security_schemes::SCHEMES.to_owned(), schemes)
            .is_some()
        {
            faults.add(
                format!("the `meta` of the {noun} `{name}` has `{}`, which is published from the access in the attribute", security_schemes::SCHEMES),
                "remove it, because two statements of the access can differ",
            );
        }
        let icons = std::mem::take(&mut self.icons);
        Published {
            description: self.description.trim().to_owned(),
            title: self.title.map(str::to_owned),
            icons: (!icons.is_empty()).then_some(icons),
            meta,
        }
    }
}

/// The access that an attribute states, as constants for checks at compile time.
#[diagnostic::on_unimplemented(
    message = "the access that `{Self}` requires is not declared",
    label = "not declared with toolgate's attributes",
    note = "put `#[toolgate::mcp_tool(…)]` on the function; other crates have an attribute with this name, so check the `use`"
)]
pub trait DeclaredAccess {
    /// `scope = …`, `scopes = …`, `any_scope = …`, `authenticated` or `public`.
    const ACCESS: Requirement;

    /// `role = "…"`, `roles = […]`, `any_role = […]`, `acr = …`, `max_age = …`.
    const CONDITIONS: Conditions = Conditions::NONE;

    /// `authorize_scopes = […]`.
    const AUTHORIZE_SCOPES: &'static [Scope] = &[];
}

/// A scope by the path of a constant, which is a string or a [`Scope`].
pub struct ScopeText<T>(pub T);

impl ScopeText<&'static str> {
    /// Returns the scope.
    #[must_use]
    pub const fn scope(self) -> Scope {
        Scope::new(self.0)
    }
}

impl ScopeText<Scope> {
    /// Returns the scope.
    #[must_use]
    pub const fn scope(self) -> Scope {
        self.0
    }
}
