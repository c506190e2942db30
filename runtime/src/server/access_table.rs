//! [`AccessTable`]: who may use which item, as the attributes declare it.

use std::{borrow::Cow, fmt, time::Duration};

use super::{
    Server, author_policy::Policy, registry::AccessTerms, scope_hierarchy::ScopeHierarchy,
};
use crate::{
    access::{Conditions, Requirement},
    item::{DeclaredQuestion, ItemLimits, ItemSet, KindParts},
    rate::Rate,
    scope::Scope,
};

/// Who may use which item of a server, as its attributes declare it.
///
/// Its text is stable: one line for each item, sorted. Keep it as a snapshot in your repository,
/// and a change of access is visible in a diff.
///
/// ```
/// use toolgate::{Server, mcp_tool, tools};
///
/// /// Lists the invoices.
/// #[mcp_tool(scope = "invoices:read")]
/// fn list_invoices() {}
///
/// /// Deletes an invoice.
/// #[mcp_tool(any_scope = [["invoices:write", "invoices:delete"], "invoices:admin"], step_up)]
/// fn delete_invoice() {}
///
/// /// Pays an invoice.
/// #[mcp_tool(authenticated, any_role = ["owner", ["clerk", "payer"]], acr = "mfa", max_age = 300)]
/// fn pay_invoice() {}
///
/// let server = Server::new("invoices").tools(tools![list_invoices, delete_invoice, pay_invoice]);
/// assert_eq!(
///     server.access_table().to_string(),
///     "tool delete_invoice: invoices:write and invoices:delete, or invoices:admin; at first use\n\
///      tool list_invoices: invoices:read\n\
///      tool pay_invoice: any token; role owner, or clerk and payer; acr mfa; login at most 300 s ago\n",
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessTable {
    items: Vec<ItemAccess>,
    hierarchy: ScopeHierarchy,
    has_open_handshake: bool,
    /// Whether the application verifies tokens itself, so that their claims are not known.
    pub(super) has_own_verifier: bool,
}

/// The declared access of one item, a row of an [`AccessTable`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemAccess {
    kind: &'static str,
    name: Cow<'static, str>,
    alternatives: Option<Vec<Vec<&'static str>>>,
    is_authenticated: bool,
    is_step_up: bool,
    conditions: Conditions,
    authorize_scopes: Option<Vec<&'static str>>,
    question: Option<DeclaredQuestion>,
    limits: ItemLimits,
}

impl<S: Clone + Send + Sync + 'static> Server<S> {
    /// Returns who may use which item, as the attributes declare it. Its text is stable: keep it
    /// as a snapshot, so that a change of access is visible in a review.
    pub fn access_table(&self) -> AccessTable {
        AccessTable::new(&self.policy)
            .with_items(&self.sets.tools)
            .with_items(&self.sets.prompts)
            .with_items(&self.sets.resources)
    }
}

impl AccessTable {
    pub(super) fn new(policy: &Policy) -> Self {
        Self {
            items: Vec::new(),
            hierarchy: policy.hierarchy.clone(),
            has_open_handshake: policy.open_handshake,
            has_own_verifier: policy.verifier.is_some(),
        }
    }

    /// Adds the items of a set.
    pub(super) fn with_items<S, K: KindParts>(mut self, set: &ItemSet<S, K>) -> Self {
        let rows =
            set.declared().map(
                |(name, declaration, has_authorize, authorize_scopes)| ItemAccess {
                    is_step_up: declaration.step_up,
                    conditions: declaration.conditions,
                    authorize_scopes: alternatives_by_arguments(has_authorize, authorize_scopes),
                    question: declaration.question,
                    limits: declaration.limits,
                    ..ItemAccess::new(K::NOUN, name, declaration.requirement)
                },
            );
        self.add(rows);
        self
    }

    /// Adds items of a handler, each with whether it has an `authorize` function.
    pub(super) fn with_terms<'r>(
        mut self,
        kind: &'static str,
        items: impl Iterator<Item = (&'r str, &'r AccessTerms, bool)>,
    ) -> Self {
        // Nobody can use an item that requires one of no scopes.
        let offered = items.filter(|(_, terms, _)| terms.requirement != Requirement::Scopes(&[]));
        self.add(offered.map(|(name, terms, has_authorize)| ItemAccess {
            is_step_up: terms.step_up,
            conditions: terms.conditions,
            authorize_scopes: alternatives_by_arguments(has_authorize, &terms.authorize_scopes),
            question: terms.question,
            limits: terms.limits,
            ..ItemAccess::new(kind, name.to_owned(), terms.requirement)
        }));
        self
    }

    fn add(&mut self, rows: impl Iterator<Item = ItemAccess>) {
        self.items.extend(rows);
        self.items.sort();
    }

    /// Returns which scope implies which.
    pub(super) fn hierarchy(&self) -> &ScopeHierarchy {
        &self.hierarchy
    }

    /// Returns a row for each item, sorted by kind and name.
    pub fn items(&self) -> impl Iterator<Item = &ItemAccess> {
        self.items.iter()
    }

    /// Returns what [`Server::scope_implies`](crate::Server::scope_implies) declares: a scope and
    /// the scopes that it implies.
    pub fn implications(&self) -> impl Iterator<Item = (&'static str, &[&'static str])> {
        let implications = self.hierarchy.implications().iter();
        implications.map(|(holder, implied)| (*holder, &**implied))
    }

    /// Returns whether clients learn of the items without a token, by
    /// [`Server::with_open_handshake`](crate::Server::with_open_handshake).
    #[must_use]
    pub fn has_open_handshake(&self) -> bool {
        self.has_open_handshake
    }
}

impl ItemAccess {
    fn new(
        kind: &'static str,
        name: impl Into<Cow<'static, str>>,
        requirement: Requirement,
    ) -> Self {
        Self {
            kind,
            name: name.into(),
            alternatives: match requirement {
                Requirement::Scopes(sets) => {
                    let names = |set: &&[Scope]| set.iter().map(|one| one.as_str()).collect();
                    Some(sets.iter().map(names).collect())
                }
                Requirement::Public | Requirement::Authenticated => None,
            },
            is_authenticated: requirement != Requirement::Public,
            is_step_up: false,
            conditions: Conditions::NONE,
            authorize_scopes: None,
            question: None,
            limits: ItemLimits::NONE,
        }
    }

    /// Returns `"tool"`, `"prompt"` or `"resource"`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Returns the name of a tool or a prompt, or the URI of a resource as its author wrote it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the kind and the name, which no other item has.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }

    /// Returns whether the item needs no token.
    #[must_use]
    pub fn is_public(&self) -> bool {
        !self.is_authenticated
    }

    /// Returns the alternatives of scopes: a token needs every scope of one of them. Returns an
    /// empty list if the item needs no scope.
    #[must_use]
    pub fn alternatives(&self) -> &[Vec<&'static str>] {
        self.alternatives.as_deref().unwrap_or_default()
    }

    /// Returns whether a client requests its scopes only when it uses the item.
    #[must_use]
    pub fn is_step_up(&self) -> bool {
        self.is_step_up
    }

    /// Returns the roles, the authentication contexts and the age of the login that the item
    /// requires in addition to its scopes.
    #[must_use]
    pub fn conditions(&self) -> Conditions {
        self.conditions
    }

    /// Returns whether the user confirms each request (`confirm = "…"`).
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.question.is_some_and(DeclaredQuestion::is_confirmation)
    }

    /// Returns whether the user approves each request on the server's own page (`approve = "…"`).
    #[must_use]
    pub fn is_approved(&self) -> bool {
        self.question.is_some_and(DeclaredQuestion::is_approval)
    }

    /// Returns how often one caller may use the item (`rate = "…"`, `burst = …`).
    #[must_use]
    pub fn rate(&self) -> Option<Rate> {
        self.limits.rate
    }

    /// Returns how many requests of one caller for the item may run at the same time
    /// (`concurrency = …`).
    #[must_use]
    pub fn concurrency(&self) -> Option<u32> {
        self.limits.concurrency
    }

    /// Returns how long the item may run (`timeout = "…"`).
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.limits.timeout
    }

    /// Returns the scopes that its `authorize` function or its body may demand, or `None` if it has
    /// no such function and declares no such scopes.
    #[must_use]
    pub fn authorize_scopes(&self) -> Option<&[&'static str]> {
        self.authorize_scopes.as_deref()
    }
}

/// Returns the scopes that an item may demand by its arguments, or `None` if nothing decides by
/// them.
fn alternatives_by_arguments(
    has_authorize: bool,
    authorize_scopes: &[Scope],
) -> Option<Vec<&'static str>> {
    let can_deny = has_authorize || !authorize_scopes.is_empty();
    can_deny.then(|| {
        authorize_scopes
            .iter()
            .map(|scope| scope.as_str())
            .collect()
    })
}

impl fmt::Display for AccessTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for item in &self.items {
            writeln!(f, "{item}")?;
        }
        for (holder, implied) in self.hierarchy.implications() {
            writeln!(f, "scope {holder} implies {}", implied.join(" "))?;
        }
        if self.has_open_handshake {
            writeln!(
                f,
                "handshake open: names and schemas are visible without a token"
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for ItemAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.title())?;
        match (&self.alternatives, self.is_authenticated) {
            (Some(sets), _) => {
                let sets: Vec<_> = sets.iter().map(|set| set.join(" and ")).collect();
                f.write_str(&sets.join(", or "))?;
            }
            (None, true) => f.write_str("any token")?,
            (None, false) => f.write_str("public")?,
        }
        if self.is_step_up {
            f.write_str("; at first use")?;
        }
        if self.conditions != Conditions::NONE {
            write!(f, "; {}", self.conditions)?;
        }
        match self.authorize_scopes.as_deref() {
            Some([]) => f.write_str("; decided by arguments")?,
            Some(scopes) => write!(f, "; by arguments also {}", scopes.join(" "))?,
            None => {}
        }
        if self.is_confirmed() {
            f.write_str("; confirmed by the user")?;
        }
        if self.is_approved() {
            f.write_str("; approved by the user on the page of the server")?;
        }
        write!(f, "{}", self.limits)
    }
}
