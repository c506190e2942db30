//! [`Definition`]: what an expansion states about one function. Not part of the public API.

use super::{
    Call, Completer, Completing, FromCall, ItemDeclaration, Kind, Run, Running, ToolError,
    authorize::{AuthorizeFunction, Deciding},
    completing,
    run::bind,
    with_state_applied,
};
use crate::scope::Scope;

/// One item as its author declared it. Each kind adds a constructor.
pub struct Definition<S, K: Kind> {
    pub(super) declaration: ItemDeclaration,
    pub(crate) parameters: K::Parameters,
    pub(super) takes_context: bool,
    pub(super) takes_caller: bool,
    pub(super) authorize: Option<AuthorizeFunction<S>>,
    /// The scopes that the item can demand beyond its access: before it runs, or while it runs.
    pub(super) authorize_scopes: &'static [Scope],
    pub(super) completers: Vec<Completing<S>>,
    pub(super) run: Run<S, K>,
}

impl<S, K: Kind> Definition<S, K> {
    /// Creates a definition from what all kinds have, and what this kind alone has.
    pub(crate) fn with_parameters(
        declaration: ItemDeclaration,
        parameters: K::Parameters,
        run: impl Fn(Call<S>) -> Running<K> + Send + Sync + 'static,
    ) -> Self {
        Self {
            declaration,
            parameters,
            takes_context: false,
            takes_caller: false,
            authorize: None,
            authorize_scopes: &[],
            completers: Vec::new(),
            run: Box::new(run),
        }
    }

    /// Declares that the function has a parameter of this extractor.
    #[must_use]
    pub fn extracts<T: FromCall<S>>(mut self) -> Self {
        self.takes_context |= T::NEEDS_CONTEXT;
        self.takes_caller |= T::NEEDS_CALLER;
        self
    }

    /// `authorize_scopes = […]`.
    #[must_use]
    pub fn authorize_scopes(mut self, authorize_scopes: &'static [Scope]) -> Self {
        self.authorize_scopes = authorize_scopes;
        self
    }

    /// `authorize = …`.
    #[must_use]
    pub fn authorize(
        mut self,
        decide: impl Fn(Call<S>) -> Deciding + Send + Sync + 'static,
    ) -> Self {
        self.authorize = Some(AuthorizeFunction::new(decide));
        self
    }

    /// Declares that the `authorize` function takes this extractor.
    #[must_use]
    pub fn authorize_takes<T: FromCall<S>>(mut self) -> Self {
        if let Some(function) = &mut self.authorize {
            function.take::<T>();
        }
        self
    }

    /// `#[arg(complete = …)]`.
    #[must_use]
    pub fn completes<E: Send + 'static, How>(
        mut self,
        argument: &'static str,
        completer: impl Completer<E, How>,
        beside: fn(&mut Call<S>) -> Result<E, ToolError>,
    ) -> Self
    where
        S: 'static,
    {
        self.completers
            .push(completing(argument, completer, beside));
        self
    }
}

impl<S: Clone + Send + Sync + 'static, K: Kind> Definition<S, K> {
    /// Returns the definition with the state applied. What serves it is then compiled once, and
    /// not again for each type of state.
    pub(super) fn with_state_applied(self, state: S) -> Definition<(), K> {
        let Self {
            declaration,
            parameters,
            takes_context,
            takes_caller,
            authorize,
            authorize_scopes,
            completers,
            run,
        } = self;
        let completers = completers.into_iter();
        Definition {
            declaration,
            parameters,
            takes_context,
            takes_caller,
            authorize: authorize.map(|one| one.with_state_applied(state.clone())),
            authorize_scopes,
            completers: completers
                .map(|one| with_state_applied(one, state.clone()))
                .collect(),
            run: bind::<_, K>(run, state),
        }
    }
}
