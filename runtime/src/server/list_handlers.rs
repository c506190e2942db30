//! The lists: which items a caller sees, and who may cache the list.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rmcp::{
    ErrorData,
    model::{
        CacheScope, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
        ListToolsResult,
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

/// One page of a list.
struct Page<L> {
    items: Vec<L>,
    next_cursor: Option<String>,
    scope: CacheScope,
}

/// Defines the method that returns a page of one list.
macro_rules! list {
    ($name:ident, $result:ident, $kind:ident, $listing:ident, $use_of:path, $pick:expr) => {
        pub(super) fn $name(
            &self,
            permit: &Permit,
            cursor: Option<&str>,
        ) -> Result<$result, ErrorData> {
            let listing = Operation::$listing;
            let page = self.page::<$kind, _>(permit, cursor, listing, $use_of, $pick)?;
            let mut result = $result::with_all_items(page.items);
            result.next_cursor = page.next_cursor;
            result.ttl_ms = Some(TTL);
            result.cache_scope = Some(page.scope);
            Ok(result)
        }
    };
}

/// Returns how many of the items on a list a cursor has passed. A cursor is the address of the last
/// item on a page, so that it stays correct if other items are switched on or off.
fn passed<L>(cursor: Option<&str>, list: &[(&str, &L)]) -> Result<usize, ErrorData> {
    let Some(cursor) = cursor else {
        return Ok(0);
    };
    list.iter()
        .position(|(address, _)| encoded(address) == cursor)
        .map(|last| last + 1)
        .ok_or_else(|| {
            ErrorData::invalid_params(
                "the cursor is not one of this list: use the `nextCursor` of a page, or none to begin again",
                None,
            )
        })
}

/// A client must not read a cursor, so it does not look like a name.
fn encoded(address: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(address)
}

impl Shared {
    /// Returns who may cache an answer. An answer that depends on the caller is private.
    pub(super) fn cache_scope(
        &self,
        listing: Operation<'_>,
        mut requirements: impl Iterator<Item = Requirement>,
    ) -> CacheScope {
        let is_the_same_for_all = self.decision_point.is_none()
            && self.rules.allows(listing, None)
            && requirements.all(|requirement| requirement == Requirement::Public);
        match is_the_same_for_all {
            true => CacheScope::Public,
            false => CacheScope::Private,
        }
    }

    /// Returns one page of the items of one kind that the caller sees, and who may cache it. `pick`
    /// returns the listing of an item, `listing` is the request, and `use_of` the operation that
    /// uses an item.
    ///
    /// # Errors
    ///
    /// Returns an error if the cursor is not of this list.
    fn page<K: ServedKind, L: Clone>(
        &self,
        permit: &Permit,
        cursor: Option<&str>,
        listing: Operation<'_>,
        use_of: fn(&'static str) -> Operation<'static>,
        pick: fn(&K::Listing) -> Option<&L>,
    ) -> Result<Page<L>, ErrorData> {
        let items = K::items(&self.catalogue);
        let shown = items.iter().filter_map(|item| {
            let address = item.address_text();
            let is_shown = self.visibility.shows(&self.rules, permit, use_of(address));
            let listing = pick(item.listing()).filter(|_| is_shown)?;
            Some((address, listing))
        });
        let shown: Vec<(&str, &L)> = shown.collect();
        let start = passed(cursor, &shown)?;
        let rest = shown.get(start..).unwrap_or_default();
        let page = rest.get(..self.page_items).unwrap_or(rest);
        let last = page.last().filter(|_| page.len() < rest.len());
        Ok(Page {
            items: page.iter().map(|(_, listing)| (*listing).clone()).collect(),
            next_cursor: last.map(|(address, _)| encoded(address)),
            scope: self.cache_scope(listing, items.iter().map(Item::requirement)),
        })
    }

    list!(
        tools,
        ListToolsResult,
        ToolKind,
        ListTools,
        ToolKind::operation,
        |one| Some(one)
    );
    list!(
        prompts,
        ListPromptsResult,
        PromptKind,
        ListPrompts,
        PromptKind::operation,
        |one| Some(one)
    );
    list!(
        resources,
        ListResourcesResult,
        ResourceKind,
        ListResources,
        ResourceKind::operation,
        ResourceListing::resource
    );
    list!(
        templates,
        ListResourceTemplatesResult,
        ResourceKind,
        ListResourceTemplates,
        Operation::CompleteResource,
        ResourceListing::template
    );
}
