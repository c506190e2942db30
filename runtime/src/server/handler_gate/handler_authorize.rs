//! The `authorize` functions of a handler's items, declared next to the handler.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};
use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;

use crate::{
    authorization::Target,
    caller::Caller,
    error::SetupErrors,
    gate::AuthorizingItems,
    item::{AuthorizeError, AuthorizeReturn, Authorized, Authorizing, decide},
    scope::Scope,
    server::registry::{AccessTerms, ItemAccessRegistry},
    uri_pattern::UriPattern,
};

/// One request for an item of a handler, for the `authorize` function of the item.
///
/// The handler gets exactly the arguments and the URI that the function has authorized.
#[derive(Debug, Clone)]
pub struct HandlerCall {
    caller: Option<Caller>,
    requested: String,
    arguments: JsonObject,
}

impl HandlerCall {
    /// Returns the caller, or `None` for a request without a token, which only a public item gets.
    #[must_use]
    pub fn caller(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }

    /// Returns the name of the tool or the prompt, or the URI of the resource.
    #[must_use]
    pub fn requested(&self) -> &str {
        &self.requested
    }

    /// Returns the arguments as the client sent them: no schema has validated them. The variables
    /// of a resource's URI are strings.
    #[must_use]
    pub fn arguments(&self) -> &JsonObject {
        &self.arguments
    }

    /// Reads one argument. A missing argument is read as `null`.
    ///
    /// # Errors
    ///
    /// Denies the request if the argument cannot be read.
    pub fn argument<T: DeserializeOwned>(&self, name: &str) -> Result<T, AuthorizeError> {
        let value = self.arguments.get(name).unwrap_or(&serde_json::Value::Null);
        T::deserialize(value)
            .map_err(|_| AuthorizeError::denied(format!("the argument `{name}` cannot be read")))
    }

    pub(super) fn into_parts(self) -> (String, JsonObject) {
        (self.requested, self.arguments)
    }
}

type Decide = Box<dyn Fn(HandlerCall) -> BoxFuture<'static, Decision> + Send + Sync>;
type Decision = Result<(), AuthorizeError>;

/// The declared functions, by the names of their items.
#[derive(Default)]
pub(super) struct DeclaredFunctions {
    pub(super) tools: Vec<(String, Decide)>,
    pub(super) prompts: Vec<(String, Decide)>,
    pub(super) resources: Vec<(String, Decide)>,
}

/// Wraps an author's function for storage.
pub(super) fn boxed<How, R>(function: impl Fn(HandlerCall) -> R + Send + Sync + 'static) -> Decide
where
    R: AuthorizeReturn<How>,
    R::Decision: Send + 'static,
{
    let function = Arc::new(function);
    Box::new(move |call| {
        let function = Arc::clone(&function);
        // Inside of the future, so that a panic of the function itself denies, too.
        async move { function(call).decision().await }.boxed()
    })
}

impl DeclaredFunctions {
    /// Returns the functions by the numbers of their items, or `None` if there are none. A
    /// function of an item that is not offered is an error.
    pub(super) fn resolve(
        self,
        offered: &ItemAccessRegistry,
        faults: &mut SetupErrors,
    ) -> Option<HandlerFunctions> {
        let resources = offered.resources.iter();
        let resources: Vec<_> = resources
            .map(|(pattern, terms)| (pattern.as_str(), terms))
            .collect();
        let functions = HandlerFunctions {
            tools: numbered("tool", self.tools, &named(&offered.tools), faults),
            prompts: numbered("prompt", self.prompts, &named(&offered.prompts), faults),
            resources: numbered("resource", self.resources, &resources, faults),
            patterns: offered
                .resources
                .iter()
                .map(|(one, _)| one.clone())
                .collect(),
        };
        let all = [&functions.tools, &functions.prompts, &functions.resources];
        let has_some = all.into_iter().flatten().any(Option::is_some);
        has_some.then_some(functions)
    }
}

fn named(offered: &[(String, AccessTerms)]) -> Vec<(&str, &AccessTerms)> {
    let offered = offered.iter();
    offered.map(|(name, terms)| (&**name, terms)).collect()
}

fn numbered(
    noun: &'static str,
    declared: Vec<(String, Decide)>,
    offered: &[(&str, &AccessTerms)],
    faults: &mut SetupErrors,
) -> Vec<Option<Arc<Function>>> {
    let mut functions: Vec<_> = offered.iter().map(|_| None).collect();
    for (name, decide) in declared {
        let mut places = functions.iter_mut().zip(offered);
        let Some((place, (_, terms))) = places.find(|(_, (offered, _))| *offered == name) else {
            faults.add(
                format!("`authorize_{noun}` names the {noun} `{name}`, whose access is not declared, or which is refused"),
                format!("correct the name, or declare the access with `.{noun}(\"{name}\", access!(scope = \"…\"))`"),
            );
            continue;
        };
        if place.is_some() {
            faults.add(
                format!("`authorize_{noun}` is called twice for `{name}`"),
                "combine both into one function: neither may silently win",
            );
        }
        let authorize_scopes = terms.authorize_scopes.clone();
        *place = Some(Arc::new(Function {
            noun,
            name,
            authorize_scopes,
            decide,
        }));
    }
    functions
}

/// One function.
struct Function {
    noun: &'static str,
    name: String,
    authorize_scopes: Vec<Scope>,
    decide: Decide,
}

/// The `authorize` functions of a handler, by the numbers of their items.
pub(super) struct HandlerFunctions {
    tools: Vec<Option<Arc<Function>>>,
    prompts: Vec<Option<Arc<Function>>>,
    resources: Vec<Option<Arc<Function>>>,
    /// The patterns of the resources.
    patterns: Vec<UriPattern>,
}

impl HandlerFunctions {
    fn get(&self, target: Target) -> Option<&Arc<Function>> {
        let (functions, index) = match target {
            Target::Tool(index) => (&self.tools, index),
            Target::Prompt(index) => (&self.prompts, index),
            Target::Resource(index) => (&self.resources, index),
        };
        functions.get(index as usize)?.as_ref()
    }

    /// Returns the variables of a URI.
    fn variables(&self, target: Target, uri: &str) -> Option<JsonObject> {
        let Target::Resource(index) = target else {
            return None;
        };
        let values = self.patterns.get(index as usize)?.matches(uri)?;
        let values = values.into_iter();
        Some(
            values
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect(),
        )
    }
}

impl AuthorizingItems for HandlerFunctions {
    fn has_authorize(&self, target: Target) -> bool {
        self.get(target).is_some()
    }

    fn authorize(
        &self,
        target: Target,
        requested: &str,
        arguments: &JsonObject,
        caller: Option<&Caller>,
    ) -> Option<Authorizing> {
        let function = Arc::clone(self.get(target)?);
        let variables = self.variables(target, requested);
        let call = HandlerCall {
            caller: caller.cloned(),
            requested: requested.to_owned(),
            arguments: variables.unwrap_or_else(|| arguments.clone()),
        };
        let decision = async move {
            let Function {
                noun,
                name,
                authorize_scopes,
                decide: function,
            } = &*function;
            let deciding = function(call.clone());
            decide(
                (noun, name),
                authorize_scopes,
                call.caller.clone(),
                deciding,
            )
            .await?;
            Ok(Authorized {
                parameters: Box::new(call),
                is_readable: true,
            })
        };
        Some(decision.boxed())
    }
}
