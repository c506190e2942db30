//! What a server offers, and the access of each item before scopes become bits.

use std::{collections::HashMap, sync::Arc};

use crate::{
    access::{Conditions, Requirement, ResolvedAccess},
    authorization::{EnabledItems, ProtectedItems, Target},
    clock::{Clock, SharedClock},
    error::SetupErrors,
    item::{DeclaredQuestion, ItemLimits},
    policy::PolicyKind,
    scope::{Scope, ScopeSet, ScopeTable},
    uri_pattern::UriPattern,
};

use super::{item_inputs::ItemInputs, scope_hierarchy::ScopeHierarchy};

/// The access terms of one item.
#[derive(Debug, Clone)]
pub(super) struct AccessTerms {
    pub(super) requirement: Requirement,
    pub(super) conditions: Conditions,
    pub(super) step_up: bool,
    /// Scopes that its `authorize` function or its body can demand in addition.
    pub(super) authorize_scopes: Vec<Scope>,
    /// The question that its user answers for each request.
    pub(super) question: Option<DeclaredQuestion>,
    /// How much one caller may use the item.
    pub(super) limits: ItemLimits,
    /// Whether this library opens the states of its rounds.
    pub(super) takes_rounds: bool,
}

/// A scope and its description, if the author declares one.
pub(super) type DescribedScope = (&'static str, Option<&'static str>);

impl AccessTerms {
    /// Returns the terms of an item that is always denied.
    pub(super) fn denied_to_all() -> Self {
        Self {
            requirement: Requirement::Scopes(&[]),
            conditions: Conditions::NONE,
            step_up: false,
            authorize_scopes: Vec::new(),
            question: None,
            limits: ItemLimits::NONE,
            takes_rounds: false,
        }
    }

    fn resolve(&self, table: &ScopeTable) -> ResolvedAccess {
        self.requirement.resolve_with(self.conditions, table)
    }

    fn is_public(&self) -> bool {
        self.requirement == Requirement::Public && self.conditions == Conditions::NONE
    }
}

/// The most roles that the items of one server name: one bit of a 128-bit integer each.
const MOST_ROLES: usize = 128;

/// All offered items, ordered by number.
#[derive(Debug, Default)]
pub(super) struct ItemAccessRegistry {
    pub(super) tools: Vec<(String, AccessTerms)>,
    pub(super) prompts: Vec<(String, AccessTerms)>,
    pub(super) resources: Vec<(UriPattern, AccessTerms)>,
    /// Whether clients can listen for changes.
    pub(super) changes: bool,
    /// The arguments of tools and prompts, as far as they are known.
    pub(super) inputs: ItemInputs,
}

impl ItemAccessRegistry {
    /// Returns the terms of every item with its name or its URI, in the order in which they are
    /// offered.
    fn named_terms(&self) -> impl Iterator<Item = (&str, &AccessTerms)> {
        let named = self.tools.iter().chain(&self.prompts);
        let named = named.map(|(name, terms)| (name.as_str(), terms));
        let resources = self.resources.iter();
        named.chain(resources.map(|(pattern, terms)| (pattern.as_str(), terms)))
    }

    fn terms(&self) -> impl Iterator<Item = &AccessTerms> {
        self.named_terms().map(|(_, terms)| terms)
    }

    /// Returns the terms of every item with its target and its name or its URI.
    pub(super) fn targeted_terms(&self) -> impl Iterator<Item = (Target, &str, &AccessTerms)> {
        let tools = (0..).map(Target::Tool).take(self.tools.len());
        let prompts = (0..).map(Target::Prompt).take(self.prompts.len());
        let targets = tools.chain(prompts).chain((0..).map(Target::Resource));
        let all = self.named_terms().zip(targets);
        all.map(|((name, terms), target)| (target, name, terms))
    }

    /// Returns the kind and the name of the first item that its user approves.
    pub(super) fn approved(&self) -> Option<String> {
        let (target, name, _) = self.targeted_terms().find(|(_, _, terms)| {
            let question = terms.question;
            question.is_some_and(DeclaredQuestion::is_approval)
        })?;
        let noun = PolicyKind::of(target).as_str();
        Some(format!("{noun} `{name}`"))
    }

    /// Returns whether any item requires a token, even for some arguments only.
    pub(super) fn asks_for_tokens(&self) -> bool {
        self.terms()
            .any(|terms| !terms.is_public() || !terms.authorize_scopes.is_empty())
    }

    /// Returns whether there are items and none of them requires a token.
    pub(super) fn is_public(&self) -> bool {
        self.terms().next().is_some() && !self.asks_for_tokens()
    }

    /// Returns the names of the items that require a scope, in the order in which they are
    /// offered.
    #[cfg(feature = "development-issuer")]
    pub(super) fn asking_for(&self, scope: &str) -> Vec<&str> {
        let asks = |terms: &AccessTerms| {
            let mut scopes = terms
                .requirement
                .scopes()
                .chain(terms.authorize_scopes.clone());
            scopes.any(|one| one.as_str() == scope)
        };
        let asking = self.named_terms().filter(|(_, terms)| asks(terms));
        asking.map(|(name, _)| name).collect()
    }

    /// Builds the table that assigns a bit to every scope.
    pub(super) fn table(&self, hierarchy: &ScopeHierarchy, faults: &mut SetupErrors) -> ScopeTable {
        let mut scopes = Vec::new();
        for terms in self.terms() {
            scopes.extend(terms.requirement.scopes());
            scopes.extend_from_slice(&terms.authorize_scopes);
        }
        hierarchy.table(scopes, faults).unwrap_or_else(|fault| {
            faults.add(
                fault.to_string(),
                "use fewer, broader scopes: a person has to read them on a consent page",
            );
            ScopeTable::default()
        })
    }

    /// Returns the roles that the items name, sorted. Errors are added to `faults`.
    pub(super) fn roles(&self, faults: &mut SetupErrors) -> Vec<&'static str> {
        let sets = self.terms().flat_map(|terms| terms.conditions.roles());
        let mut roles: Vec<_> = sets.copied().flatten().copied().collect();
        roles.sort_unstable();
        roles.dedup();
        if roles.len() > MOST_ROLES {
            faults.add(
                format!(
                    "the items name {} roles, and a server can have {MOST_ROLES}",
                    roles.len()
                ),
                "use fewer, broader roles, or compare the role in an `authorize` function",
            );
        }
        roles
    }

    /// Returns the values of `acr` that the items name, each once, in the order of the items.
    #[cfg(feature = "development-issuer")]
    pub(super) fn acr_values(&self) -> Vec<&'static str> {
        let mut values = Vec::new();
        for value in self.terms().flat_map(|terms| terms.conditions.acr()) {
            if !values.contains(value) {
                values.push(*value);
            }
        }
        values
    }

    /// Returns the name of the first item that requires a person.
    pub(super) fn first_for_persons(&self) -> Option<&str> {
        let mut items = self.named_terms();
        let found = items.find(|(_, terms)| terms.conditions.person());
        found.map(|(name, _)| name)
    }

    /// Reports items that are public and have conditions, which only a token can satisfy.
    pub(super) fn check_conditions(&self, faults: &mut SetupErrors) {
        for (name, terms) in self.named_terms() {
            if terms.requirement == Requirement::Public && !terms.is_public() {
                faults.add(
                    format!("`{name}` is public and requires a person, a role, `acr` or `max_age`, which only a token can have"),
                    "use `authenticated` or a scope instead of `public`",
                );
            }
        }
    }

    /// Returns the limits of each item that has some. Errors are added to `faults`.
    pub(super) fn limits(&self, faults: &mut SetupErrors) -> HashMap<Target, ItemLimits> {
        let mut limits = HashMap::new();
        let limited = self.targeted_terms();
        let limited = limited.filter(|(_, _, terms)| terms.limits != ItemLimits::NONE);
        for (target, name, terms) in limited {
            if let Some((what, remedy)) = terms.limits.flaw() {
                faults.add(format!("`{name}` {what}"), remedy);
            }
            let of_item = ItemLimits {
                takes_rounds: terms.takes_rounds,
                ..terms.limits
            };
            limits.insert(target, of_item);
        }
        limits
    }

    /// Returns the scopes of the first login: those of all items without step-up.
    pub(super) fn baseline(&self, table: &ScopeTable) -> ScopeSet {
        let mut challenge_scopes = ScopeSet::EMPTY;
        for terms in self.terms() {
            if !terms.step_up {
                challenge_scopes = challenge_scopes.union(
                    terms
                        .requirement
                        .resolve(table)
                        .scopes_to_request(challenge_scopes),
                );
            }
        }
        challenge_scopes
    }

    /// Returns the sets of scopes that a challenge without an error can name.
    pub(super) fn challenged(&self, table: &ScopeTable) -> Vec<ScopeSet> {
        let mut sets = vec![self.baseline(table), ScopeSet::EMPTY];
        for terms in self.terms() {
            sets.push(
                terms
                    .requirement
                    .resolve(table)
                    .scopes_to_request(ScopeSet::EMPTY),
            );
        }
        sets
    }

    /// Resolves the terms to bits of a table.
    pub(super) fn offers(
        &self,
        table: &ScopeTable,
        enabled_items: Arc<EnabledItems>,
        clock: Arc<dyn Clock>,
    ) -> ProtectedItems {
        let named = |items: &[(String, AccessTerms)]| -> Vec<(Box<str>, ResolvedAccess)> {
            let resolved = items
                .iter()
                .map(|(name, terms)| (name.as_str().into(), terms.resolve(table)));
            resolved.collect()
        };
        let resources = self
            .resources
            .iter()
            .map(|(pattern, terms)| (pattern.clone(), terms.resolve(table)));
        ProtectedItems {
            tools: named(&self.tools),
            prompts: named(&self.prompts),
            resources: resources.collect(),
            changes: self.changes,
            enabled_items,
            clock: SharedClock(clock),
        }
    }
}
