//! Which resources a server has. Explicit, as its tools are.

use super::{Resource, ResourceDefinition, template_overlap::covers};
use crate::{
    error::SetupErrors,
    uri_pattern::{UriPattern, plainest_spelling},
};

/// Collects the resources of a server, whose state is `S`.
///
/// Where a URI is one of several templates, the one that was added first is meant. A URI
/// that is written out goes before every template. No other spelling of a URI, by escapes
/// or by more slashes, is read by the rule of a wider template; one in capitals is, so
/// whoever reads files where case does not count puts nothing narrow inside of what is wide.
pub struct ResourceSet<S> {
    definitions: Vec<ResourceDefinition<S>>,
}

impl<S> ResourceSet<S> {
    pub(crate) fn new() -> Self {
        Self {
            definitions: Vec::new(),
        }
    }

    /// Adds the resource that `#[mcp_resource]` made of the function of this name.
    ///
    /// Two resources of one URI are a fault when the server starts, and so is a template
    /// of which nothing is left by those before it.
    pub fn add<T: ResourceDef<S>>(&mut self) {
        self.push(T::definition());
    }

    /// Adds a resource by its definition; expansions call this.
    #[doc(hidden)]
    pub fn push(&mut self, definition: ResourceDefinition<S>) {
        self.definitions.push(definition);
    }

    /// Every resource, numbered: those of one URI first, sorted by it, then templates in
    /// the order in which they were added. What is wrong goes to `faults`.
    pub(crate) fn finish(self, faults: &mut SetupErrors) -> Vec<Resource<S>> {
        let (mut read, mut templates) = (Vec::new(), Vec::new());
        for definition in self.definitions {
            let uri = definition.uri;
            match UriPattern::parse(uri) {
                // Templates stay in the order of their registration, which decides between
                // them.
                Ok(pattern) if pattern.is_template() => templates.push((pattern, definition)),
                Ok(pattern) => read.push((pattern, definition)),
                // The attribute sees this, if it is ours.
                Err(fault) => faults.add(
                    format!("`{uri}` is no URI of a resource: {fault}"),
                    "write a URI, such as `notes://all`, or a template, such as `notes://{id}`",
                ),
            }
        }
        read.sort_unstable_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
        read.extend(templates);
        for (number, (pattern, _)) in read.iter().enumerate() {
            let earlier = read.iter().take(number);
            for (earlier, _) in earlier.filter(|(one, _)| is_alike(one, pattern)) {
                clash(earlier.as_str(), pattern.as_str(), faults);
            }
        }
        let mut resources = Vec::with_capacity(read.len());
        for ((pattern, definition), number) in read.into_iter().zip(0..) {
            resources.push(Resource::build(definition, pattern, number, faults));
        }
        resources
    }
}

fn is_alike(one: &UriPattern, other: &UriPattern) -> bool {
    let (first, second) = (one.as_str(), other.as_str());
    match (one.is_template(), other.is_template()) {
        (true, true) => covers(first, second),
        (false, false) => plainest_spelling(first) == plainest_spelling(second),
        _ => false,
    }
}

fn clash(earlier: &str, uri: &str, faults: &mut SetupErrors) {
    if earlier == uri {
        faults.add(
            format!("two resources have the URI `{uri}`"),
            "register it once, or give one of them another URI",
        );
    } else {
        faults.add(
            format!("`{uri}` is never read: `{earlier}` comes before it and has every URI of it"),
            "add the narrower one first, or leave one of them out",
        );
    }
}

impl<S: Clone + Send + Sync + 'static> ResourceSet<S> {
    /// The same with the state in each.
    pub(crate) fn bound(self, state: &S) -> ResourceSet<()> {
        let definitions = self.definitions.into_iter();
        ResourceSet {
            definitions: definitions.map(|one| one.bound(state.clone())).collect(),
        }
    }
}

impl<S> std::fmt::Debug for ResourceSet<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let uris = self.definitions.iter().map(|one| one.uri);
        f.debug_set().entries(uris).finish()
    }
}

/// A resource for servers whose state is `S`. `#[mcp_resource]` implements it; nobody else
/// does.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a resource for a server whose state is `{S}`",
    label = "not declared with `#[mcp_resource]`",
    note = "put `#[toolgate::mcp_resource(…)]` on the function"
)]
pub trait ResourceDef<S> {
    /// What the expansion says about the function.
    #[doc(hidden)]
    fn definition() -> ResourceDefinition<S>;
}

/// The resources of one `#[mcp_tools] impl`, whose number is `BLOCK`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the resources of `{Self}` cannot be registered on a server whose state is `{S}`",
    note = "methods with `&self` need `Arc<{Self}>: FromRef<{S}>`: make the state an `Arc<{Self}>`, or implement `FromRef`"
)]
pub trait ResourceGroup<S, const BLOCK: u64> {
    /// Adds each of them.
    fn register(set: &mut ResourceSet<S>);
}

/// Lists resources as [`tools!`](crate::tools) lists tools: `resources![note, all_notes]`,
/// or `resources![in scope::ALL; note, all_notes]`.
#[macro_export]
macro_rules! resources {
    (in $vocabulary:path; $($resource:path),* $(,)?) => {
        |_set: &mut $crate::ResourceSet<_>| {
            $({
                type Listed = $resource;
                const _: () = $crate::__private::assert_listed::<Listed>($vocabulary);
                $crate::__private::add_resource(_set, |_: Listed| {});
            })*
        }
    };
    ($($resource:path),* $(,)?) => {
        |_set: &mut $crate::ResourceSet<_>| {
            $( $crate::__private::add_resource(_set, |_: $resource| {}); )*
        }
    };
}
