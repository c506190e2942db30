//! [`Callers`]: the entities of callers, kept for their next requests. Cedar needs most of the time
//! of a small decision to build them.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
};

use cedar_policy::{Entities, Entity, EntityUid};
use foldhash::fast::RandomState;
use toolgate_core::claims::{Actor, Claims};
use toolgate_oauth::policy::PolicyError;

/// The maximum number of stored callers. If it is reached, a new caller removes all others.
const MOST: usize = 1_024;

/// The entities of a caller.
pub(crate) struct KnownCaller {
    known: Known,
    pub(crate) principal: EntityUid,
    pub(crate) entity: Entity,
    pub(crate) entities: Arc<Entities>,
}

/// The claims that the entities follow from.
struct Known {
    issuer: String,
    subject: Option<String>,
    client: Option<String>,
    roles: Vec<String>,
    actors: Vec<Actor>,
}

impl Known {
    fn of(claims: &Claims) -> Self {
        Self {
            issuer: claims.issuer().to_owned(),
            subject: claims.subject().map(str::to_owned),
            client: claims.client_id().map(str::to_owned),
            roles: claims.roles().map(str::to_owned).collect(),
            actors: claims.actors().to_vec(),
        }
    }

    /// Returns whether the entities of these claims are the same. Equal hashes do not prove that.
    fn is_of(&self, claims: &Claims) -> bool {
        self.issuer == claims.issuer()
            && self.subject.as_deref() == claims.subject()
            && self.client.as_deref() == claims.client_id()
            && self.roles.iter().map(String::as_str).eq(claims.roles())
            && self.actors == claims.actors()
    }
}

/// The callers of the last requests, by a hash of their claims.
#[derive(Default)]
pub(crate) struct Callers(Mutex<HashMap<u64, Arc<KnownCaller>, RandomState>>);

impl Callers {
    /// Returns the entities of a caller, which `build` builds if they are not known.
    ///
    /// # Errors
    ///
    /// Returns the error of `build`.
    pub(crate) fn get(
        &self,
        claims: &Claims,
        build: impl FnOnce() -> Result<(EntityUid, Entity, Entities), PolicyError>,
    ) -> Result<Arc<KnownCaller>, PolicyError> {
        // Each change is one step, so a panic leaves no inconsistent state.
        let mut callers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut hasher = callers.hasher().build_hasher();
        (claims.issuer(), claims.subject(), claims.client_id()).hash(&mut hasher);
        claims.roles().for_each(|role| role.hash(&mut hasher));
        let key = hasher.finish();
        if let Some(caller) = callers.get(&key)
            && caller.known.is_of(claims)
        {
            return Ok(Arc::clone(caller));
        }
        let (principal, entity, entities) = build()?;
        let caller = Arc::new(KnownCaller {
            known: Known::of(claims),
            principal,
            entity,
            entities: Arc::new(entities),
        });
        if callers.len() >= MOST {
            callers.clear();
        }
        callers.insert(key, Arc::clone(&caller));
        Ok(caller)
    }
}
