//! [`PolicyPlan`]: the decision point of a server, before it is asked.

use std::sync::Arc;

use crate::{
    authorization::Target,
    clock::Clock,
    config::ValidConfig,
    error::SetupErrors,
    gate::{DecisionPoint, ItemNames},
    log_text::QuotedText,
    observer::Observer,
    policy::{ErasedDecisionPoint, PolicyDecisionPoint, PolicyItem, PolicyKind},
};

use super::registry::ItemAccessRegistry;

/// The decision point that the author has set, and the arguments that it gets.
#[derive(Default)]
pub(super) struct PolicyPlan {
    engine: Option<Arc<dyn ErasedDecisionPoint>>,
    /// Names of tools or prompts, each with names of arguments.
    arguments: Vec<(String, Vec<String>)>,
}

impl PolicyPlan {
    /// Sets the engine.
    pub(super) fn set(&mut self, point: impl PolicyDecisionPoint) {
        self.engine = Some(Arc::new(point));
    }

    /// Gives the engine arguments of an item.
    pub(super) fn add_arguments<T: Into<String>>(
        &mut self,
        item: impl Into<String>,
        arguments: impl IntoIterator<Item = T>,
    ) {
        let arguments = arguments.into_iter().map(Into::into).collect();
        self.arguments.push((item.into(), arguments));
    }

    /// Returns whether the engine gets arguments of an item with this name.
    pub(super) fn has_arguments(&self, item: &str) -> bool {
        self.arguments.iter().any(|(named, _)| named == item)
    }

    /// Returns the engine.
    pub(super) fn engine(&self) -> Option<&Arc<dyn ErasedDecisionPoint>> {
        self.engine.as_ref()
    }

    /// Returns the items that the engine is asked about. Errors are added to `faults`.
    pub(super) fn items(
        &self,
        offered: &ItemAccessRegistry,
        faults: &mut SetupErrors,
    ) -> Vec<PolicyItem> {
        let mut all: Vec<_> = offered
            .kinds()
            .map(|(_, kind, name)| PolicyItem::new(kind, name))
            .collect();
        for (item, arguments) in &self.arguments {
            let takes_arguments = |kind| matches!(kind, PolicyKind::Tool | PolicyKind::Prompt);
            let is_named =
                |one: &&mut PolicyItem| one.name() == item && takes_arguments(one.kind());
            let Some(found) = all.iter_mut().find(is_named) else {
                faults.add(
                    format!("`with_policy_arguments` names {}, which is no tool and no prompt of this server", QuotedText(item, 100)),
                    "correct the name",
                );
                continue;
            };
            for argument in arguments {
                match offered.inputs.schema(found.kind(), item, argument) {
                    Some(schema) => *found = found.clone().with_argument(argument, schema),
                    None => faults.add(
                        format!("`with_policy_arguments` names the argument {} of `{item}`, which it does not have", QuotedText(argument, 100)),
                        "correct the name",
                    ),
                }
            }
        }
        all
    }

    /// Builds the decision point, if the author has set one. Errors are added to `faults`.
    pub(super) fn build(
        self,
        offered: &ItemAccessRegistry,
        names: &ItemNames,
        settings: &ValidConfig,
        (observer, clock): (Option<&Arc<dyn Observer>>, &Arc<dyn Clock>),
        faults: &mut SetupErrors,
    ) -> Option<Arc<DecisionPoint>> {
        let items = self.items(offered, faults);
        let Some(engine) = self.engine else {
            if !self.arguments.is_empty() {
                faults.add(
                    "`with_policy_arguments` is called without a decision point",
                    "add `with_decision_point`, or remove it",
                );
            }
            return None;
        };
        for error in engine.begin(&items).err().into_iter().flatten() {
            faults.add(error.what(), error.fix());
        }
        let arguments = offered
            .kinds()
            .zip(&items)
            .filter_map(|((target, ..), item)| {
                let names = item.arguments().iter().map(|one| one.name().to_owned());
                let names: Vec<_> = names.collect();
                (!names.is_empty()).then_some((target, names))
            });
        Some(Arc::new(DecisionPoint {
            engine,
            items: names.clone(),
            arguments: arguments.collect(),
            server: settings.resource().as_str().to_owned(),
            timeout: settings.limits().authorize_timeout,
            clock: Arc::clone(clock),
            observer: observer.cloned(),
            pending: Default::default(),
        }))
    }
}

impl ItemAccessRegistry {
    /// Returns every item with its kind and its name or its URI.
    fn kinds(&self) -> impl Iterator<Item = (Target, PolicyKind, &str)> {
        let items = self.targeted_terms();
        items.map(|(target, name, _)| (target, PolicyKind::of(target), name))
    }
}
