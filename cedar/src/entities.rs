//! The entities of a request.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use cedar_policy::{
    Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression,
};
use toolgate_core::claims::Claims;
use toolgate_oauth::policy::{PolicyError, PolicyKind, PolicyRequest};

use crate::{arguments::Arguments, callers::Callers, contexts::Contexts, schema::is_template};

/// The types of the entities.
pub(crate) struct EntityTypes {
    user: EntityTypeName,
    client: EntityTypeName,
    anonymous: EntityTypeName,
    role: EntityTypeName,
    server: EntityTypeName,
    tool: EntityTypeName,
    prompt: EntityTypeName,
    resource: EntityTypeName,
    template: EntityTypeName,
    action: EntityTypeName,
    callers: Callers,
    contexts: Contexts,
}

impl EntityTypes {
    /// Parses the names of the types.
    ///
    /// # Errors
    ///
    /// Returns Cedar's error.
    pub(crate) fn parse() -> Result<Self, String> {
        let named = |name: &str| {
            let parsed: Result<EntityTypeName, _> = name.parse();
            parsed.map_err(|errors| errors.to_string())
        };
        Ok(Self {
            user: named("User")?,
            client: named("Client")?,
            anonymous: named("Anonymous")?,
            role: named("Role")?,
            server: named("Server")?,
            tool: named("Tool")?,
            prompt: named("Prompt")?,
            resource: named("Resource")?,
            template: named("Template")?,
            action: named("Action")?,
            callers: Callers::default(),
            contexts: Contexts::default(),
        })
    }

    /// Returns the request of Cedar for a question, with the entities that it names.
    ///
    /// # Errors
    ///
    /// Returns an error if an argument is not of its type.
    pub(crate) fn request(
        &self,
        question: &PolicyRequest<'_>,
        arguments: &Arguments,
    ) -> Result<(Request, Arc<Entities>), PolicyError> {
        let caller = match question.claims() {
            Some(claims) => Some(self.callers.get(claims, || self.build_caller(claims))?),
            None => None,
        };
        let principal = match &caller {
            Some(caller) => caller.principal.clone(),
            None => uid(&self.anonymous, "anonymous"),
        };
        let (resource, parent) = self.resource(question);
        let context = self.contexts.get(question, arguments)?;
        let action = uid(&self.action, question.action());
        let entities = match (caller, parent) {
            (Some(caller), None) => Arc::clone(&caller.entities),
            (caller, parent) => {
                let caller = caller.map(|caller| caller.entity.clone());
                let entities = caller.into_iter().chain(parent);
                Arc::new(Entities::from_entities(entities, None).map_err(failed)?)
            }
        };
        // The schema is that of this crate, and the request has its form.
        let request = Request::new(principal, action, resource, context, None);
        Ok((request.map_err(failed)?, entities))
    }

    /// Builds the principal of a caller, its entity, and the entities of its requests.
    fn build_caller(&self, claims: &Claims) -> Result<(EntityUid, Entity, Entities), PolicyError> {
        let (kind, id) = match (claims.subject(), claims.client_id()) {
            (Some(subject), _) => (&self.user, subject),
            (None, client) => (&self.client, client.unwrap_or_default()),
        };
        // The URL of an issuer has no fragment (RFC 8414 §2), so no two parties share an id.
        let party = |issuer: &str, id: &str| format!("{issuer}#{id}");
        let principal = uid(kind, &party(claims.issuer(), id));
        let roles: Vec<_> = claims.roles().collect();
        let actors = claims.actors().iter().map(|actor| {
            let issuer = actor.issuer().unwrap_or(claims.issuer());
            RestrictedExpression::new_string(party(issuer, actor.subject()))
        });
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let mut attributes = HashMap::from([
            ("issuer".to_owned(), text(claims.issuer())),
            ("actors".to_owned(), RestrictedExpression::new_set(actors)),
            (
                "roles".to_owned(),
                RestrictedExpression::new_set(roles.iter().map(|role| text(role))),
            ),
        ]);
        if let Some(subject) = claims.subject() {
            attributes.insert("subject".to_owned(), text(subject));
        }
        if let Some(client) = claims.client_id() {
            attributes.insert("client".to_owned(), text(client));
        }
        let parents = roles.iter().map(|role| uid(&self.role, role)).collect();
        let entity = Entity::new(principal.clone(), attributes, parents).map_err(failed)?;
        let entities = Entities::from_entities([entity.clone()], None).map_err(failed)?;
        Ok((principal, entity, entities))
    }

    /// Returns the resource, with its entity if it has a parent.
    fn resource(&self, question: &PolicyRequest<'_>) -> (EntityUid, Option<Entity>) {
        let resource = question.resource();
        let kind = match resource.kind() {
            PolicyKind::Server => &self.server,
            PolicyKind::Tool => &self.tool,
            PolicyKind::Prompt => &self.prompt,
            PolicyKind::Resource
                if resource.id() == resource.item() && is_template(resource.id()) =>
            {
                &self.template
            }
            PolicyKind::Resource => &self.resource,
        };
        let id = uid(kind, resource.id());
        let is_covered =
            resource.kind() == PolicyKind::Resource && resource.id() != resource.item();
        let entity = is_covered.then(|| {
            let template = uid(&self.template, resource.item());
            Entity::new_no_attrs(id.clone(), HashSet::from([template]))
        });
        (id, entity)
    }
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

pub(crate) fn failed(error: impl std::fmt::Display) -> PolicyError {
    PolicyError::failed(error.to_string())
}
