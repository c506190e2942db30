//! [`AllowCache`]: allows that are used again for a few seconds. A deny is never kept.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN};
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use toolgate_oauth::policy::{Effect, PolicyDecision};

/// The longest time for which an allow may be used again.
pub(crate) const LONGEST: Duration = Duration::from_secs(5);

/// The most allows that are kept.
const MOST: usize = 4_096;

/// The hash of the whole question without its time: two callers never share an allow, and a question
/// with long arguments takes no more memory than another (CWE-770).
pub(crate) type Key = [u8; SHA256_OUTPUT_LEN];

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

    /// Returns the key of a question, from its body.
    pub(crate) fn key(evaluation: &Map<String, Value>) -> Key {
        let mut hash = Context::new(&SHA256);
        for (name, part) in evaluation {
            let text = match part.as_object() {
                Some(context) if name == "context" => {
                    let rest = context.iter().filter(|(name, _)| *name != "time");
                    json!(rest.collect::<Vec<_>>()).to_string()
                }
                _ => part.to_string(),
            };
            // The text of JSON has no byte 0, so two different questions have different bytes.
            for bytes in [name.as_bytes(), text.as_bytes()] {
                hash.update(bytes);
                hash.update(&[0]);
            }
        }
        let mut key = Key::default();
        key.copy_from_slice(hash.finish().as_ref());
        key
    }

    pub(crate) fn get(&self, key: &Key) -> Option<PolicyDecision> {
        let allows = self.allows.lock().unwrap_or_else(PoisonError::into_inner);
        let (allow, since) = allows.get(key)?;
        (since.elapsed() < self.time).then(|| allow.clone())
    }

    /// Stores an allow, or removes the stored allow after a deny. An allow expires relative to
    /// `asked`, the time of the question, and not to the time of the answer.
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
    use toolgate_core::clock::UnixTime;
    use toolgate_oauth::policy::{PolicyKind, PolicyRequest, PolicyResource};

    use super::*;
    use crate::mapping;

    #[tokio::test(start_paused = true)]
    async fn an_allow_ends_five_seconds_after_its_question_and_a_deny_ends_it_at_once() {
        let cache = AllowCache::new(LONGEST);
        let (allow, deny) = (Effect::Allow, Effect::Deny);
        let keep = |effect, asked| cache.keep([7; 32], &PolicyDecision::new(effect), asked);
        let has = || cache.get(&[7; 32]).is_some();
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

    #[test]
    fn the_key_of_a_long_question_is_as_short_as_any_and_differs_from_every_other() {
        let key = |argument: &str| {
            let value = json!(argument);
            let arguments = [("text", &value)];
            let resource =
                PolicyResource::new(PolicyKind::Tool, "write").with_arguments(&arguments);
            let now = UnixTime::from_seconds(1_700_000_000);
            let request = PolicyRequest::new("tools/call", resource, now);
            AllowCache::key(&mapping::evaluation(&request))
        };
        let long = "a".repeat(1 << 20);
        assert_eq!(size_of_val(&key(&long)), 32);
        assert_eq!(key(&long), key(&long));
        assert_ne!(key(&long), key(&format!("{long}a")));
    }
}
