//! [`AllowCache`]: allows that are used again for a few seconds. A deny is never kept.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use toolgate_oauth::policy::{Effect, PolicyDecision, PolicyRequest};

use crate::mapping;

/// The longest time for which an allow may be used again.
pub(crate) const LONGEST: Duration = Duration::from_secs(5);

/// The most allows that are kept.
const MOST: usize = 4_096;

/// The whole question without its time: two callers never share an allow.
pub(crate) type Key = String;

/// Allows by their questions.
pub(crate) struct AllowCache {
    time: Duration,
    allows: Mutex<HashMap<Key, (PolicyDecision, Instant)>>,
}

impl AllowCache {
    pub(crate) fn new(time: Duration) -> Self {
        Self {
            time,
            allows: Mutex::default(),
        }
    }

    /// Returns the key of a question.
    pub(crate) fn key(request: &PolicyRequest<'_>) -> Key {
        let mut evaluation = mapping::evaluation(request);
        if let Some(context) = evaluation
            .get_mut("context")
            .and_then(|one| one.as_object_mut())
        {
            context.remove("time");
        }
        serde_json::Value::Object(evaluation).to_string()
    }

    pub(crate) fn get(&self, key: &Key) -> Option<PolicyDecision> {
        let allows = self.allows.lock().unwrap_or_else(PoisonError::into_inner);
        let (allow, since) = allows.get(key)?;
        (since.elapsed() < self.time).then(|| allow.clone())
    }

    /// Keeps a decision, if it is an allow. `asked` is the time of the question: the time of the
    /// answer does not prolong it.
    pub(crate) fn keep(&self, key: Key, decision: &PolicyDecision, asked: Instant) {
        let mut allows = self.allows.lock().unwrap_or_else(PoisonError::into_inner);
        match decision.effect() {
            Effect::Allow => {
                if allows.len() >= MOST {
                    allows.retain(|_, (_, since)| since.elapsed() < self.time);
                }
                if allows.len() < MOST {
                    allows.insert(key, (decision.clone(), asked));
                }
            }
            Effect::Deny => {
                allows.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_allow_ends_five_seconds_after_its_question_and_a_deny_ends_it_at_once() {
        let cache = AllowCache::new(LONGEST);
        let (allow, deny) = (Effect::Allow, Effect::Deny);
        let keep = |effect, asked| cache.keep("q".to_owned(), &PolicyDecision::new(effect), asked);
        let has = || cache.get(&"q".to_owned()).is_some();
        keep(deny, Instant::now());
        assert!(!has());
        let asked = Instant::now();
        tokio::time::advance(Duration::from_secs(3)).await;
        // The answer took three seconds.
        keep(allow, asked);
        assert!(has());
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(!has());
        keep(allow, Instant::now());
        keep(deny, Instant::now());
        assert!(!has());
    }
}
