//! [`DecisionPoint`]: asks the engine of the program, within limits of time and number.
//!
//! It is asked last, and can only deny. An error, a panic, a late answer and a wrong number of
//! decisions deny, too: only [`Undecided::into_permit`] makes a permit, from an allow.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt;
use rmcp::model::JsonObject;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use crate::{
    authorization::{Effect, Permit, Rules, Target, Undecided},
    caller::Caller,
    clock::Clock,
    observer::{Observer, PolicyEvent},
    operation::Operation,
    policy::{ErasedDecisionPoint, PolicyDecision, PolicyKind, PolicyRequest, PolicyResource},
};

use super::{
    pending_decisions::PendingDecisions, policy_note::PolicyNote, refusal_item_names::ItemNames,
};

/// When to ask again after an answer that was late.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The decision point of a gate.
pub(crate) struct DecisionPoint {
    pub(crate) engine: Arc<dyn ErasedDecisionPoint>,
    pub(crate) items: ItemNames,
    /// The arguments that the author has opted in, by item.
    pub(crate) arguments: HashMap<Target, Vec<String>>,
    /// The server's own URI.
    pub(crate) server: String,
    pub(crate) timeout: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) pending: PendingDecisions,
}

/// A request that the rules and its item admit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PolicyQuestion<'q> {
    pub(crate) operation: Operation<'q>,
    pub(crate) arguments: Option<&'q JsonObject>,
    pub(crate) session: Option<&'q str>,
}

/// A permit that the decision point has allowed, with what the records say of it.
pub(crate) struct Allowed {
    pub(crate) permit: Permit,
    pub(crate) note: Option<Box<PolicyNote>>,
}

/// An operation that the decision point has not allowed.
#[derive(Debug)]
pub(crate) struct NotAllowed {
    pub(crate) undecided: Undecided,
    pub(crate) fault: PolicyFault,
}

/// Why an operation is not allowed.
#[derive(Debug)]
pub(crate) enum PolicyFault {
    /// The decision point denies it.
    Denied(Option<Box<PolicyNote>>),
    /// There is no usable answer, and asking again does not help.
    Failed,
    /// There is no answer now.
    Unavailable { retry_after: Duration },
    /// The caller waits for too many decisions.
    TooManyPending,
}

/// The reason for the audit log.
impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Denied(_) => "the decision point denies it",
            Self::Failed => "the decision point gave no usable answer",
            Self::Unavailable { .. } => "the decision point does not answer now",
            Self::TooManyPending => "the caller waits for too many decisions",
        })
    }
}

impl DecisionPoint {
    /// Asks the decision point about an operation, and makes its permit.
    ///
    /// # Errors
    ///
    /// Returns the operation if it is not allowed.
    pub(crate) async fn decide(
        &self,
        rules: &Rules,
        undecided: Undecided,
        question: PolicyQuestion<'_>,
    ) -> Result<Allowed, Box<NotAllowed>> {
        let fault = match self.ask(rules, &undecided, question).await {
            Ok((effect, shown, note)) => match undecided.into_permit(effect, shown) {
                Ok(permit) => return Ok(Allowed { permit, note }),
                Err(undecided) => {
                    let fault = PolicyFault::Denied(note);
                    return Err(Box::new(NotAllowed { undecided, fault }));
                }
            },
            Err(fault) => fault,
        };
        Err(Box::new(NotAllowed { undecided, fault }))
    }

    /// Returns the effect on an operation, and the items that its list shows.
    async fn ask(
        &self,
        rules: &Rules,
        undecided: &Undecided,
        question: PolicyQuestion<'_>,
    ) -> Result<(Effect, HashSet<Target>, Option<Box<PolicyNote>>), PolicyFault> {
        let target = undecided.target();
        let arguments = self.opted_in(target, question.arguments);
        let (mut asked, listed) = (Vec::new(), self.listed(rules, question.operation));
        let now = self.clock.now();
        let mut add = |action, resource, is_listing| {
            let request = PolicyRequest::new(action, resource, now)
                .with_claims(undecided.caller().map(Caller::claims))
                .with_session(question.session);
            asked.push(if is_listing {
                request.for_list()
            } else {
                request
            });
        };
        let action = question.operation.kind();
        match (target, question.operation.item_name()) {
            (Some(target), Some(requested)) => {
                let resource = self.resource(target, requested).with_arguments(&arguments);
                add(action, resource, false);
            }
            _ => add(
                action,
                PolicyResource::new(PolicyKind::Server, &self.server),
                false,
            ),
        }
        for (target, name, action) in &listed {
            add(action, self.resource(*target, name), true);
        }
        if let Operation::Listen(uris) = question.operation {
            // One question for each URI, however often a client names it.
            let mut named = HashSet::new();
            for uri in uris.iter().filter(|uri| named.insert(uri.as_str())) {
                if let Some(target) = rules.target(Operation::ReadResource(uri)) {
                    add("resources/subscribe", self.resource(target, uri), false);
                }
            }
        }
        let decisions = self.answers(undecided.caller(), &asked).await?;
        let (decided, shown) = decisions.split_at(decisions.len() - listed.len());
        let is_allowed = |one: &&PolicyDecision| one.effect() == Effect::Allow;
        let denied = decided.iter().find(|one| !is_allowed(one));
        let note = denied.or(decided.first()).and_then(PolicyNote::of);
        let shown = listed.iter().zip(shown).filter(|(_, one)| is_allowed(one));
        let shown = shown.map(|((target, ..), _)| *target).collect();
        let effect = match denied {
            None => Effect::Allow,
            Some(_) => Effect::Deny,
        };
        Ok((effect, shown, note))
    }

    /// Asks whether a list shows resources with these URIs to a caller.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no answer.
    pub(crate) async fn shown_uris(
        &self,
        caller: Option<&Caller>,
        session: Option<&str>,
        uris: &[(Target, &str)],
    ) -> Result<Vec<bool>, PolicyFault> {
        let now = self.clock.now();
        let asked: Vec<_> = uris
            .iter()
            .map(|(target, uri)| {
                let resource = self.resource(*target, uri);
                PolicyRequest::new("resources/read", resource, now)
                    .with_claims(caller.map(Caller::claims))
                    .with_session(session)
                    .for_list()
            })
            .collect();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let answers = self.answers(caller, &asked).await?;
        let answers = answers.iter().map(|one| one.effect() == Effect::Allow);
        Ok(answers.collect())
    }

    /// Returns the items of a list, each with its name and the method that uses it.
    fn listed(&self, rules: &Rules, listing: Operation<'_>) -> Vec<(Target, &str, &'static str)> {
        let (of, action): (fn(u32) -> Target, _) = match listing {
            Operation::ListTools => (Target::Tool, "tools/call"),
            Operation::ListPrompts => (Target::Prompt, "prompts/get"),
            Operation::ListResources | Operation::ListResourceTemplates => {
                (Target::Resource, "resources/read")
            }
            _ => return Vec::new(),
        };
        let template = |name: &str| rules.target(Operation::CompleteResource(name));
        let find = |name: &str| match listing {
            Operation::ListTools => rules.target(Operation::CallTool(name)),
            Operation::ListPrompts => rules.target(Operation::GetPrompt(name)),
            Operation::ListResourceTemplates => template(name),
            _ if template(name).is_some() => None,
            _ => rules.target(Operation::ReadResource(name)),
        };
        let items = self.items.of_kind(of);
        let offered = items.filter(|(target, name)| find(name) == Some(*target));
        offered
            .map(|(target, name)| (target, name, action))
            .collect()
    }

    fn resource<'r>(&'r self, target: Target, requested: &'r str) -> PolicyResource<'r> {
        let item = self.items.get(target).unwrap_or(requested);
        PolicyResource::new(PolicyKind::of(target), requested).with_item(item)
    }

    /// Returns the arguments of a request that the author has opted in.
    fn opted_in<'r>(
        &'r self,
        target: Option<Target>,
        arguments: Option<&'r JsonObject>,
    ) -> Vec<(&'r str, &'r Value)> {
        let names = target.and_then(|target| self.arguments.get(&target));
        let (Some(names), Some(arguments)) = (names, arguments) else {
            return Vec::new();
        };
        let named = names.iter().map(String::as_str);
        named
            .filter_map(|name| Some((name, arguments.get(name)?)))
            .collect()
    }

    /// Returns one decision for each question, unless too many requests of the caller wait.
    async fn answers(
        &self,
        caller: Option<&Caller>,
        asked: &[PolicyRequest<'_>],
    ) -> Result<Vec<PolicyDecision>, PolicyFault> {
        let pending = self.pending.reserve(caller);
        let _pending = pending.ok_or(PolicyFault::TooManyPending)?;
        let started = Instant::now();
        // The call itself can panic, too. Only state of the program can become inconsistent.
        let asking = AssertUnwindSafe(async { self.engine.ask(asked).await }).catch_unwind();
        let answered = timeout(self.timeout, asking).await;
        let duration = started.elapsed();
        let (outcome, answers) = match answered {
            // An engine that blocks the thread can be ready only after the deadline.
            Ok(_) if duration > self.timeout => ("timed_out", Err(self.too_slow())),
            Err(_) => ("timed_out", Err(self.too_slow())),
            Ok(Err(_)) => {
                tracing::error!(target: "toolgate::policy", "the decision point panicked; the request was refused");
                ("failed", Err(PolicyFault::Failed))
            }
            Ok(Ok(Err(error))) => match error.retry_after() {
                Some(retry_after) => {
                    tracing::warn!(target: "toolgate::policy", %error, "the decision point does not answer; the request was refused");
                    ("unavailable", Err(PolicyFault::Unavailable { retry_after }))
                }
                None => {
                    tracing::error!(target: "toolgate::policy", %error, "the decision point gave no usable answer; the request was refused");
                    ("failed", Err(PolicyFault::Failed))
                }
            },
            Ok(Ok(Ok(decisions))) if decisions.len() != asked.len() => {
                let (questions, answers) = (asked.len(), decisions.len());
                tracing::error!(target: "toolgate::policy", questions, answers, "the decision point gave another number of decisions; the request was refused");
                ("failed", Err(PolicyFault::Failed))
            }
            Ok(Ok(Ok(decisions))) => {
                let is_denied = decisions.iter().any(|one| one.effect() == Effect::Deny);
                (if is_denied { "denied" } else { "allowed" }, Ok(decisions))
            }
        };
        if let Some(observer) = &self.observer {
            observer.policy_asked(&PolicyEvent {
                outcome,
                questions: asked.len(),
                duration,
            });
        }
        answers
    }

    fn too_slow(&self) -> PolicyFault {
        let seconds = self.timeout.as_secs_f32();
        tracing::warn!(target: "toolgate::policy", seconds, "the decision point did not decide in time; the request was refused");
        PolicyFault::Unavailable {
            retry_after: RETRY_AFTER,
        }
    }
}
