//! The tools, prompts and resources of a server, as registered.

use std::sync::Arc;

use rmcp::{
    ErrorData,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock,
        GetPromptRequestParams, JsonObject, MetaObject, ReadResourceRequestParams,
        ServerCapabilities,
    },
};

use crate::{
    authorization::{EnabledItems, Permit, Target},
    caller::Caller,
    error::SetupErrors,
    gate::{AuthorizingItems, DeniedAnswer},
    item::{Authorizing, Call, Item, KindParts, RoundRequest},
    operation::Operation,
    prompt::{PromptKind, PromptSet},
    resource::{NO_SUCH_RESOURCE, ResourceKind, ResourceSet, not_found},
    scope::Scope,
    tool::{ToolKind, ToolSet},
};

use super::{
    changes::Names,
    item_inputs::ItemInputs,
    registry::{AccessTerms, ItemAccessRegistry},
};

/// The registered items while the server is being built.
pub(super) struct Sets<S> {
    pub(super) tools: ToolSet<S>,
    pub(super) prompts: PromptSet<S>,
    pub(super) resources: ResourceSet<S>,
    /// The checks of the forms that items ask for.
    pub(super) forms: Vec<fn() -> Result<(), String>>,
}

impl<S> Sets<S> {
    pub(super) fn new() -> Self {
        Self {
            tools: ToolSet::new(),
            prompts: PromptSet::new(),
            resources: ResourceSet::new(),
            forms: Vec::new(),
        }
    }
}

impl<S: Clone + Send + Sync + 'static> Sets<S> {
    /// Returns the same sets with the state applied to each item.
    pub(super) fn with_state_applied(self, state: &S) -> Sets<()> {
        Sets {
            tools: self.tools.with_state_applied(state),
            prompts: self.prompts.with_state_applied(state),
            resources: self.resources.with_state_applied(state),
            forms: self.forms,
        }
    }
}

impl Sets<()> {
    /// Builds the catalogue. Errors are added to `faults`.
    pub(super) fn finish(self, faults: &mut SetupErrors) -> Catalogue {
        for error in self.forms.iter().filter_map(|check| check().err()) {
            faults.add(
                error,
                "use fields that are strings, numbers, `bool`, enums of names, lists of such enums, or an `Option` of these",
            );
        }
        Catalogue {
            tools: self.tools.finish(faults),
            prompts: self.prompts.finish(faults),
            resources: self.resources.finish(faults),
        }
    }
}

/// The registered items. An item's index is its number.
pub(super) struct Catalogue {
    pub(super) tools: Vec<Item<(), ToolKind>>,
    pub(super) prompts: Vec<Item<(), PromptKind>>,
    pub(super) resources: Vec<Item<(), ResourceKind>>,
}

/// A kind of item, as the server serves it.
pub(super) trait ServedKind: KindParts {
    /// The parameters of a request for an item.
    type Request: Send + Sync;

    /// Returns the items of this kind.
    fn items(catalogue: &Catalogue) -> &[Item<(), Self>];

    /// Returns the name or the URI of a request, and its arguments.
    fn requested(request: &Self::Request) -> (&str, Option<&JsonObject>);

    /// Returns what a request brings for its round.
    fn round(request: &Self::Request) -> RoundRequest<'_>;

    /// Removes what a request brings for its round.
    fn take_round(request: &mut Self::Request);

    /// Returns the operation that uses the item of this name or URI.
    fn operation(requested: &str) -> Operation<'_>;

    /// Returns the answer of an item that has denied its request.
    ///
    /// # Errors
    ///
    /// Returns the protocol's error, where the protocol has no result for a denial.
    fn denied(answer: DeniedAnswer) -> Result<Self::Response, ErrorData> {
        Err(answer.error)
    }

    /// Returns the answer of an item that was cancelled at its timeout.
    ///
    /// # Errors
    ///
    /// As [`denied`](Self::denied).
    fn timed_out(message: String) -> Result<Self::Response, ErrorData> {
        Err(ErrorData::internal_error(message, None))
    }

    /// Returns the error for an item that does not exist.
    fn unknown(_: &str) -> ErrorData {
        no_such_item(Self::NOUN)
    }
}

/// Returns the error for a name that no item has.
pub(super) fn no_such_item(noun: &str) -> ErrorData {
    ErrorData::invalid_params(format!("there is no {noun} of this name"), None)
}

impl ServedKind for ToolKind {
    type Request = CallToolRequestParams;

    fn items(catalogue: &Catalogue) -> &[Item<(), Self>] {
        &catalogue.tools
    }

    fn requested(request: &CallToolRequestParams) -> (&str, Option<&JsonObject>) {
        (&request.name, request.arguments.as_ref())
    }

    fn round(request: &CallToolRequestParams) -> RoundRequest<'_> {
        request.into()
    }

    fn take_round(request: &mut CallToolRequestParams) {
        (request.request_state, request.input_responses) = (None, None);
    }

    fn operation(name: &str) -> Operation<'_> {
        Operation::CallTool(name)
    }

    fn timed_out(message: String) -> Result<CallToolResponse, ErrorData> {
        Ok(CallToolResult::error(vec![ContentBlock::text(message)]).into())
    }

    fn denied(answer: DeniedAnswer) -> Result<CallToolResponse, ErrorData> {
        let text = ContentBlock::text(answer.error.message);
        let mut result = CallToolResult::error(vec![text]);
        result.meta = Some(MetaObject(answer.meta));
        Ok(result.into())
    }
}

impl ServedKind for PromptKind {
    type Request = GetPromptRequestParams;

    fn items(catalogue: &Catalogue) -> &[Item<(), Self>] {
        &catalogue.prompts
    }

    fn requested(request: &GetPromptRequestParams) -> (&str, Option<&JsonObject>) {
        (&request.name, request.arguments.as_ref())
    }

    fn round(request: &GetPromptRequestParams) -> RoundRequest<'_> {
        request.into()
    }

    fn take_round(request: &mut GetPromptRequestParams) {
        (request.request_state, request.input_responses) = (None, None);
    }

    fn operation(name: &str) -> Operation<'_> {
        Operation::GetPrompt(name)
    }
}

impl ServedKind for ResourceKind {
    type Request = ReadResourceRequestParams;

    fn items(catalogue: &Catalogue) -> &[Item<(), Self>] {
        &catalogue.resources
    }

    fn requested(request: &ReadResourceRequestParams) -> (&str, Option<&JsonObject>) {
        (&request.uri, None)
    }

    fn round(request: &ReadResourceRequestParams) -> RoundRequest<'_> {
        request.into()
    }

    fn take_round(request: &mut ReadResourceRequestParams) {
        (request.request_state, request.input_responses) = (None, None);
    }

    fn operation(uri: &str) -> Operation<'_> {
        Operation::ReadResource(uri)
    }

    fn unknown(uri: &str) -> ErrorData {
        not_found(NO_SUCH_RESOURCE, uri)
    }
}

/// Does the same with the item of a target, whatever its kind. Returns `None` if there is none.
macro_rules! on_item {
    ($catalogue:expr, $target:expr, |$item:ident| $read:expr) => {
        match $target {
            Target::Tool(index) => $catalogue.tools.get(index as usize).map(|$item| $read),
            Target::Prompt(index) => $catalogue.prompts.get(index as usize).map(|$item| $read),
            Target::Resource(index) => $catalogue.resources.get(index as usize).map(|$item| $read),
        }
    };
}

impl Catalogue {
    /// Returns the scopes that the code of an item can demand.
    pub(super) fn authorize_scopes(&self, target: Target) -> &'static [Scope] {
        let found = on_item!(self, target, |item| item.authorize_scopes());
        found.unwrap_or_default()
    }

    /// Returns the item of this kind that the permit is for.
    pub(super) fn permitted<K: ServedKind>(&self, permit: &Permit) -> Option<&Item<(), K>> {
        K::items(self).get(K::index(permit.target()?)?)
    }

    /// Returns whether any item has an `authorize` function.
    pub(super) fn has_authorize(&self) -> bool {
        self.tools.iter().any(Item::has_authorize)
            || self.prompts.iter().any(Item::has_authorize)
            || self.resources.iter().any(Item::has_authorize)
    }

    /// Returns the offered items and their access terms.
    pub(super) fn offered(&self, changes: bool) -> ItemAccessRegistry {
        let named = |(name, terms): (&&'static str, _)| ((*name).to_owned(), terms);
        ItemAccessRegistry {
            tools: addressed(&self.tools).map(named).collect(),
            prompts: addressed(&self.prompts).map(named).collect(),
            resources: addressed(&self.resources)
                .map(|(pattern, terms)| (pattern.clone(), terms))
                .collect(),
            changes,
            inputs: ItemInputs::of(
                self.tools.iter().map(Item::listing),
                self.prompts.iter().map(Item::listing),
            ),
        }
    }

    /// Creates a switch for each item.
    pub(super) fn enabled_items(&self) -> Arc<EnabledItems> {
        let Self {
            tools,
            prompts,
            resources,
        } = self;
        let enabled_items = EnabledItems::new(tools.len(), prompts.len(), resources.len());
        Arc::new(enabled_items)
    }

    /// Returns the name that each item is switched by.
    pub(super) fn names(&self) -> Names {
        let mut names = Names::default();
        names.extend(&self.tools);
        names.extend(&self.prompts);
        names.extend(&self.resources);
        names
    }

    /// Returns the capabilities that the server declares. A server without items declares an
    /// empty list of tools.
    pub(super) fn capabilities(&self, changes: bool) -> ServerCapabilities {
        let mut capabilities = ServerCapabilities::default();
        let notifies = changes.then_some(true);
        if !self.prompts.is_empty() {
            let prompts = capabilities.prompts.get_or_insert_default();
            prompts.list_changed = notifies;
        }
        if !self.resources.is_empty() {
            let resources = capabilities.resources.get_or_insert_default();
            resources.list_changed = notifies;
            resources.subscribe = notifies;
        }
        let has_others = capabilities.prompts.is_some() || capabilities.resources.is_some();
        if !self.tools.is_empty() || !has_others {
            let tools = capabilities.tools.get_or_insert_default();
            tools.list_changed = notifies;
        }
        let uses = [
            uses(&self.tools),
            uses(&self.prompts),
            uses(&self.resources),
        ];
        let logs = uses.iter().any(|(takes_context, _)| *takes_context);
        let completes = uses.iter().any(|(_, has_completers)| *has_completers);
        capabilities.logging = logs.then(Default::default);
        capabilities.completions = completes.then(Default::default);
        capabilities
    }

    /// Returns what models and clients cannot use well, each with its remedy.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = warnings(&self.tools);
        warnings.extend(self::warnings(&self.prompts));
        warnings.extend(self::warnings(&self.resources));
        warnings
    }

    /// Sets how many bytes the result of a tool may have.
    pub(super) fn limit_results(&mut self, bytes: usize) {
        for tool in &mut self.tools {
            tool.input_mut().result_size = bytes;
        }
    }
}

impl AuthorizingItems for Catalogue {
    fn has_authorize(&self, target: Target) -> bool {
        on_item!(self, target, |item| item.has_authorize()).unwrap_or_default()
    }

    fn authorize(
        &self,
        target: Target,
        requested: &str,
        arguments: &JsonObject,
        caller: Option<&Caller>,
    ) -> Option<Authorizing> {
        let call = Call::new((), arguments.clone(), caller.cloned(), None);
        on_item!(self, target, |item| item.authorize(requested, call))?
    }
}

/// Returns the address and the access terms of each item.
fn addressed<K: KindParts>(
    items: &[Item<(), K>],
) -> impl Iterator<Item = (&K::Address, AccessTerms)> {
    items.iter().map(|item| {
        let terms = AccessTerms {
            requirement: item.requirement(),
            conditions: item.conditions(),
            step_up: item.is_step_up(),
            authorize_scopes: item.authorize_scopes().to_vec(),
            question: item.question(),
            limits: item.limits(),
            takes_rounds: item.question().is_some() || item.takes_context(),
        };
        (item.address(), terms)
    })
}

/// Returns whether any item takes the context of a request, and whether any completes arguments.
fn uses<K: KindParts>(items: &[Item<(), K>]) -> (bool, bool) {
    (
        items.iter().any(Item::takes_context),
        items.iter().any(Item::has_completers),
    )
}

fn warnings<K: KindParts>(items: &[Item<(), K>]) -> Vec<String> {
    let mut warnings = Vec::new();
    for item in items {
        let arguments = item.undescribed_arguments().join(", ");
        if !arguments.is_empty() {
            warnings.push(format!(
                "the {} `{}` has arguments without a description ({arguments}): write a doc comment on each parameter, so that a model knows what to pass",
                K::NOUN,
                item.name()
            ));
        }
        warnings.extend_from_slice(item.warnings());
    }
    warnings
}

#[cfg(test)]
mod tests;
