//! The lists: which items a caller sees, and who may cache the list.

use rmcp::{
    ErrorData,
    model::{
        CacheScope, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
        ListToolsResult, PaginatedRequestParams,
    },
};

use crate::{
    access::Requirement,
    authorization::Permit,
    item::Item,
    operation::Operation,
    prompt::PromptKind,
    resource::{ResourceKind, ResourceListing},
    tool::ToolKind,
};

use super::{catalogue::ServedKind, shared::Shared};

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
    ($result:ident, $listed:expr) => {{
        let (items, scope) = $listed;
        let mut result = $result::with_all_items(items);
        result.ttl_ms = Some(TTL);
        result.cache_scope = Some(scope);
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
        let is_the_same_for_all = self.rules.allows(listing, None)
            && requirements.all(|requirement| requirement == Requirement::Public);
        match is_the_same_for_all {
            true => CacheScope::Public,
            false => CacheScope::Private,
        }
    }

    /// Returns the listings that `pick` returns, of the items of one kind that the caller
    /// sees, and who may cache them. `listing` is the request, and `use_of` the operation that
    /// uses an item.
    fn listings<K: ServedKind, L: Clone>(
        &self,
        permit: &Permit,
        listing: Operation<'_>,
        use_of: fn(&'static str) -> Operation<'static>,
        pick: fn(&K::Listing) -> Option<&L>,
    ) -> (Vec<L>, CacheScope) {
        let items = K::items(&self.catalogue);
        let shows = |item: &&Item<(), K>| {
            let use_of = use_of(item.address_text());
            self.visibility.shows(&self.rules, permit, use_of)
        };
        let shown = items.iter().filter(shows);
        let shown = shown.filter_map(|item| pick(item.listing()).cloned());
        let requirements = items.iter().map(Item::requirement);
        (shown.collect(), self.cache_scope(listing, requirements))
    }

    pub(super) fn tools(&self, permit: &Permit) -> ListToolsResult {
        let listing = Operation::ListTools;
        listed!(
            ListToolsResult,
            self.listings::<ToolKind, _>(permit, listing, ToolKind::operation, |one| Some(one))
        )
    }

    pub(super) fn prompts(&self, permit: &Permit) -> ListPromptsResult {
        let listing = Operation::ListPrompts;
        listed!(
            ListPromptsResult,
            self.listings::<PromptKind, _>(permit, listing, PromptKind::operation, |one| Some(one))
        )
    }

    pub(super) fn resources(&self, permit: &Permit) -> ListResourcesResult {
        let listing = Operation::ListResources;
        let pick = ResourceListing::resource;
        listed!(
            ListResourcesResult,
            self.listings::<ResourceKind, _>(permit, listing, ResourceKind::operation, pick)
        )
    }

    pub(super) fn templates(&self, permit: &Permit) -> ListResourceTemplatesResult {
        let listing = Operation::ListResourceTemplates;
        let pick = ResourceListing::template;
        listed!(
            ListResourceTemplatesResult,
            self.listings::<ResourceKind, _>(permit, listing, Operation::CompleteResource, pick)
        )
    }
}
