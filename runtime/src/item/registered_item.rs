//! [`Item`]: one tool, prompt or resource of a server, ready to be listed and requested.

use futures_util::{FutureExt, future::BoxFuture};
use rmcp::{ErrorData, model::CompletionInfo};
use serde_json::{Map, Value};

use super::{
    AuthorizedValues, Authorizing, Built, Call, CallError, ClientCapability, Completing,
    Definition, ItemLimits, ItemName, KindParts, Run, Running,
    authorize::{AuthorizeFunction, Authorized, AuthorizedParameters},
    complete,
    question::DeclaredQuestion,
    run::{noted, split_denial},
    run_error::RunError,
    timeout::within,
    user_check::UserCheck,
};
use crate::{
    access::{Conditions, Requirement},
    authorization::{Permit, Target},
    error::SetupErrors,
    observer::RunOutcome,
    scope::Scope,
};

/// One item. It runs only for a [`Permit`] for exactly this item.
pub(crate) struct Item<S, K: KindParts> {
    target: Target,
    name: &'static str,
    address: K::Address,
    requirement: Requirement,
    conditions: Conditions,
    step_up: bool,
    authorize: Option<AuthorizeFunction<S>>,
    authorize_scopes: &'static [Scope],
    takes_context: bool,
    /// The question that its user answers for each request.
    question: Option<DeclaredQuestion>,
    limits: ItemLimits,
    takes_fast_path: bool,
    client_capabilities: &'static [ClientCapability],
    listing: K::Listing,
    undescribed: Vec<String>,
    warnings: Vec<String>,
    input: K::Input,
    completers: Vec<Completing<S>>,
    run: Run<S, K>,
}

/// Arguments that one item has validated. Only [`Item`] builds them.
#[derive(Debug)]
pub(crate) struct ValidatedArguments {
    target: Target,
    arguments: Map<String, Value>,
    authorized: Option<AuthorizedValues>,
}

impl<S, K: KindParts> Item<S, K> {
    /// Builds an item from its definition. Errors are added to `faults`.
    pub(super) fn build(
        definition: Definition<S, K>,
        address: K::Address,
        index: u32,
        faults: &mut SetupErrors,
    ) -> Self
    where
        S: Send + 'static,
    {
        let Definition {
            mut declaration,
            parameters,
            takes_context,
            takes_caller,
            authorize,
            authorize_scopes,
            completers,
            run,
        } = definition;
        if let Some(function) = &authorize {
            function.check(K::NOUN, declaration.name, faults);
        }
        let published = declaration.publish(K::NOUN, takes_caller, authorize_scopes, faults);
        let built = K::build(&declaration, &address, parameters, published, faults);
        let Built {
            listing,
            input,
            undescribed,
            warnings,
        } = built;
        let question = declaration.question;
        let decision = question.and_then(|question| {
            let has = |name: &str| K::has_argument(&address, &listing, name);
            UserCheck::new(
                question,
                (K::NOUN, declaration.name),
                declaration.requirement,
                has,
            )
            .map_err(|(what, remedy)| faults.add(what, remedy))
            .ok()
        });
        // The timeout does not include the time of the user's decision.
        let run = match declaration.limits.timeout {
            Some(time) => within::<S, K>(time, declaration.name, run),
            None => run,
        };
        let run = match decision {
            Some(decision) => decision.before::<S, K>(run),
            None => run,
        };
        Self {
            target: K::target(index),
            name: declaration.name,
            address,
            requirement: declaration.requirement,
            conditions: declaration.conditions,
            step_up: declaration.step_up,
            authorize,
            authorize_scopes,
            takes_context,
            question,
            limits: declaration.limits,
            takes_fast_path: !takes_context
                && question.is_none()
                && declaration.client_capabilities.is_empty()
                && K::takes_fast_path(&input),
            client_capabilities: declaration.client_capabilities,
            listing,
            undescribed,
            warnings,
            input,
            completers,
            run,
        }
    }

    /// Returns the name that the author gave it.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Returns what a client names it by.
    pub(crate) fn address(&self) -> &K::Address {
        &self.address
    }

    /// Returns what a client names it by, as the author wrote it.
    pub(crate) fn address_text(&self) -> &'static str {
        K::address_text(&self.address)
    }

    /// Returns the access that it requires.
    pub(crate) fn requirement(&self) -> Requirement {
        self.requirement
    }

    /// Returns its conditions in addition to scopes.
    pub(crate) fn conditions(&self) -> Conditions {
        self.conditions
    }

    /// Returns the question that its user answers for each request.
    pub(crate) fn question(&self) -> Option<DeclaredQuestion> {
        self.question
    }

    /// Returns its limits for each caller.
    pub(crate) fn limits(&self) -> ItemLimits {
        self.limits
    }

    /// Returns whether a client requests its scopes only when it uses it.
    pub(crate) fn is_step_up(&self) -> bool {
        self.step_up
    }

    /// Returns the scopes that its code can demand, beyond its requirement.
    pub(crate) fn authorize_scopes(&self) -> &'static [Scope] {
        self.authorize_scopes
    }

    /// Returns whether it has an `authorize` function.
    pub(crate) fn has_authorize(&self) -> bool {
        self.authorize.is_some()
    }

    /// Starts the `authorize` function, if the item has one. The result belongs into the permit of
    /// the request.
    ///
    /// The function is not called with arguments that the item does not take: such a request does
    /// not run.
    pub(crate) fn authorize(&self, requested: &str, mut call: Call<S>) -> Option<Authorizing> {
        let function = self.authorize.as_ref()?;
        match K::validate(&self.input, requested, call.take_arguments()) {
            Ok(arguments) => {
                let shown = match self.question {
                    Some(_) => arguments.clone(),
                    None => Map::new(),
                };
                call.begin(self.item_name(), arguments, None);
                Some(function.authorize(call, self.authorize_scopes, shown))
            }
            Err(error) => Some(std::future::ready(Ok(Authorized::new(Err(error)))).boxed()),
        }
    }

    fn item_name(&self) -> ItemName {
        ItemName {
            noun: K::NOUN,
            name: self.name,
        }
    }

    /// Returns whether it may need rmcp's context of a request.
    pub(crate) fn takes_context(&self) -> bool {
        self.takes_context
    }

    /// Returns whether it needs nothing from rmcp: no context of a request, no capability of
    /// the client, and no comparison of its arguments with headers.
    pub(crate) fn takes_fast_path(&self) -> bool {
        self.takes_fast_path
    }

    /// Returns the capabilities that its client must have declared.
    pub(crate) fn client_capabilities(&self) -> &'static [ClientCapability] {
        self.client_capabilities
    }

    /// Returns what a list publishes.
    pub(crate) fn listing(&self) -> &K::Listing {
        &self.listing
    }

    /// Returns the arguments that have no description, by name.
    pub(crate) fn undescribed_arguments(&self) -> &[String] {
        &self.undescribed
    }

    /// Returns what some clients refuse or misunderstand, each with its remedy.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns what validates the arguments, to change a setting.
    pub(crate) fn input_mut(&mut self) -> &mut K::Input {
        &mut self.input
    }

    /// Validates the arguments of a request. `requested` is the name or the URI in the request.
    ///
    /// # Errors
    ///
    /// Returns an error if the item does not take these arguments.
    pub(crate) fn prepare(
        &self,
        requested: &str,
        arguments: Map<String, Value>,
    ) -> Result<ValidatedArguments, CallError> {
        Ok(ValidatedArguments {
            target: self.target,
            arguments: K::validate(&self.input, requested, arguments)?,
            authorized: None,
        })
    }

    /// Runs the item with arguments that it has validated, if the permit is for this item.
    pub(crate) fn run(
        &self,
        permit: &Permit,
        validated: ValidatedArguments,
        mut call: Call<S>,
    ) -> Running<K> {
        let checked = self.check_permit(permit);
        if let Err(error) = checked.and_then(|()| self.check_target(Some(validated.target))) {
            return std::future::ready(Err(error)).boxed();
        }
        call.begin(self.item_name(), validated.arguments, validated.authorized);
        K::bounded(&self.input, self.name, (self.run)(call))
    }

    /// Runs a request, if the permit is for this item. It runs with the parameters that the permit
    /// covers. If it covers none, the arguments of the call are validated first. An item with an
    /// `authorize` function runs only with authorized parameters.
    pub(crate) fn call(&self, permit: &Permit, requested: &str, mut call: Call<S>) -> Running<K> {
        let report = call.take_report();
        let prepared = self.check_permit(permit).and_then(|()| {
            // Only an `authorize` function makes parameters.
            let authorized = match self.authorize {
                Some(_) => permit.take_parameters::<AuthorizedParameters>(),
                None => None,
            };
            match authorized {
                Some(authorized) => authorized.map(|mut values| ValidatedArguments {
                    target: self.target,
                    arguments: values.take_shown(),
                    authorized: Some(values),
                }),
                None => self.prepare(requested, call.take_arguments()),
            }
        });
        let running = match prepared {
            Ok(validated) => self.run(permit, validated, call),
            Err(error) => {
                if let Some(report) = report {
                    report.note(RunOutcome::SchemaRefusal);
                }
                return std::future::ready(Err(error)).boxed();
            }
        };
        match report {
            Some(report) => noted(running, report).boxed(),
            None => running,
        }
    }

    /// Like [`call`](Self::call), with the response of the protocol. `is_current` says whether
    /// the revision has an error for missing capabilities of the client.
    pub(crate) fn respond(
        &self,
        permit: &Permit,
        requested: &str,
        is_current: bool,
        call: Call<S>,
    ) -> BoxFuture<'static, Result<K::Response, RunError>> {
        let context = K::response_context(&self.listing, &self.input, requested);
        let running = self.call(permit, requested, call);
        running
            .map(move |end| {
                let end = split_denial(end).map_err(RunError::Denied)?;
                Ok(K::respond(context, end, is_current)?)
            })
            .boxed()
    }

    /// Returns the response for a request that is refused before it runs.
    pub(crate) fn refuse(
        &self,
        requested: &str,
        is_current: bool,
        error: CallError,
    ) -> Result<K::Response, ErrorData> {
        let context = K::response_context(&self.listing, &self.input, requested);
        K::respond(context, Err(error), is_current)
    }

    /// Returns whether any argument can be completed.
    pub(crate) fn has_completers(&self) -> bool {
        !self.completers.is_empty()
    }

    /// Completes an argument, if it has a completer and the permit is for this item.
    pub(crate) fn complete(
        &self,
        permit: &Permit,
        argument: &str,
        begun: &str,
        call: Call<S>,
    ) -> Option<BoxFuture<'static, CompletionInfo>> {
        self.check_permit(permit).ok()?;
        complete(&self.completers, argument, begun, call)
    }

    /// Checks that a permit is for this item.
    pub(crate) fn check_permit(&self, permit: &Permit) -> Result<(), CallError> {
        self.check_target(permit.target())
    }

    /// Checks that a permit, or validated arguments, are for this item.
    fn check_target(&self, target: Option<Target>) -> Result<(), CallError> {
        if target == Some(self.target) {
            return Ok(());
        }
        // The gate and the dispatch disagree, which is an error in this library: refuse.
        tracing::error!(
            target: "toolgate::tool",
            noun = K::NOUN,
            name = self.name,
            "a request without a permit for this item was refused"
        );
        Err(CallError::failed("this request was not admitted"))
    }
}
