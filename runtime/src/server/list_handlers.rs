//! The lists: which items a caller sees, and who may cache the list.

use rmcp::{
    ErrorData,
    model::{
        CacheScope, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
        ListToolsResult, PaginatedRequestParams,
    },
};

use crate::{
    access::Requirement, authorization::Permit, operation::Operation, resource::ResourceListing,
};

use super::shared::Shared;

/// How long a client may cache a list, in milliseconds.
pub(super) const TTL: u64 = 60_000;

/// Checks that the request asks for the only page of a list.
///
/// # Errors
///
/// Returns an error if a client asks for another page.
pub(super) fn only_page(request: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor) {
        None => Ok(()),
        Some(_) => Err(ErrorData::invalid_params(
            "the list has one page and no cursor",
            None,
        )),
    }
}

/// Builds the result of a list request.
macro_rules! listed {
    ($result:ident, $items:expr, $scope:expr) => {{
        let mut result = $result::with_all_items($items.collect());
        result.ttl_ms = Some(TTL);
        result.cache_scope = Some($scope);
        result
    }};
}

impl Shared {
    /// Returns who may cache an answer. An answer that depends on the caller is private.
    pub(super) fn cache_scope(
        &self,
        listing: Operation<'_>,
        mut requirements: impl Iterator<Item = Requirement>,
    ) -> CacheScope {
        let is_everybodys = self.rules.allows(listing, None)
            && requirements.all(|requirement| requirement == Requirement::Public);
        match is_everybodys {
            true => CacheScope::Public,
            false => CacheScope::Private,
        }
    }

    fn shows(&self, permit: &Permit, use_of: Operation<'_>) -> bool {
        self.visibility.shows(&self.rules, permit, use_of)
    }

    pub(super) fn tools(&self, permit: &Permit) -> ListToolsResult {
        let tools = &self.catalogue.tools;
        let requirements = tools.iter().map(|tool| tool.requirement());
        let shown = tools
            .iter()
            .filter(|tool| self.shows(permit, Operation::CallTool(tool.name())))
            .map(|tool| tool.listing().clone());
        let scope = self.cache_scope(Operation::ListTools, requirements);
        listed!(ListToolsResult, shown, scope)
    }

    pub(super) fn prompts(&self, permit: &Permit) -> ListPromptsResult {
        let prompts = &self.catalogue.prompts;
        let requirements = prompts.iter().map(|prompt| prompt.requirement());
        let shown = prompts
            .iter()
            .filter(|prompt| self.shows(permit, Operation::GetPrompt(prompt.name())))
            .map(|prompt| prompt.listing().clone());
        let scope = self.cache_scope(Operation::ListPrompts, requirements);
        listed!(ListPromptsResult, shown, scope)
    }

    pub(super) fn resources(&self, permit: &Permit) -> ListResourcesResult {
        let resources = self.catalogue.resources.iter();
        let requirements = resources.clone().map(|resource| resource.requirement());
        let shown = resources
            .filter(|one| self.shows(permit, Operation::ReadResource(one.pattern().as_str())))
            .filter_map(|resource| match resource.listing() {
                ResourceListing::Resource(listing) => Some(listing.clone()),
                ResourceListing::Template(_) => None,
            });
        let scope = self.cache_scope(Operation::ListResources, requirements);
        listed!(ListResourcesResult, shown, scope)
    }

    pub(super) fn templates(&self, permit: &Permit) -> ListResourceTemplatesResult {
        let resources = self.catalogue.resources.iter();
        let requirements = resources.clone().map(|resource| resource.requirement());
        let shown = resources
            .filter(|one| {
                let template = one.pattern().as_str();
                self.shows(permit, Operation::CompleteResource(template))
            })
            .filter_map(|resource| match resource.listing() {
                ResourceListing::Template(listing) => Some(listing.clone()),
                ResourceListing::Resource(_) => None,
            });
        let scope = self.cache_scope(Operation::ListResourceTemplates, requirements);
        listed!(ListResourceTemplatesResult, shown, scope)
    }
}
