//! The rates that all replicas count together.

use futures_util::{FutureExt, future::BoxFuture};
use http::HeaderMap;
use toolgate_store::{RateLimit, RateOutcome, SharedRates};

use crate::{
    authorization::Target,
    claims::Claims,
    policy::PolicyKind,
    rate::{Rate, whole_seconds},
    throttle::{LimitExceeded, RateOf, Throttle},
};

use super::{
    super::{
        Gate,
        audit::AuditContext,
        refusal::{Refusal, RefusedRequest},
    },
    AdmittedRequest,
};

/// A rate that counts a request, with its item. The rate of the caller has no item.
type Counted = (Option<Target>, Rate);

impl Gate {
    /// Counts a request, which this process has counted already, in the rates that all replicas
    /// share. Returns `None` if none of its rates is shared.
    ///
    /// Only requests that the rules admit are counted there. A caller without the scope can
    /// therefore get as many refusals from each replica as its rate allows.
    ///
    /// # Errors
    ///
    /// Returns the refusal if a rate is used up. Then no limit has counted the request. If the store
    /// does not answer, only this process counts.
    pub(super) fn limit_at_replicas<'g: 'c, 'c>(
        &'g self,
        throttle: &'g Throttle,
        request: &'c AdmittedRequest,
        headers: &'c HeaderMap,
    ) -> Option<BoxFuture<'c, Result<(), Box<RefusedRequest<'g>>>>> {
        let shared = self.replicas.as_deref().map(|replicas| &replicas.rates)?;
        let caller = request.admission.caller()?;
        if !request.message.is_request() {
            return None;
        }
        let targets = self.limited_targets(throttle, request);
        let continues = request.message.continues_rounds();
        let counted: Vec<Counted> = throttle.shared_rates(&targets, continues).collect();
        if counted.is_empty() {
            return None;
        }
        let counting = async move {
            let Some(limited) = self.count(shared, caller.claims(), &counted).await else {
                return Ok(());
            };
            // `shared_rates` has left out the item of a further round.
            let items = counted
                .iter()
                .filter_map(|(target, rate)| Some(((*target)?, *rate)));
            throttle.take_back(throttle.key_of_caller(caller.claims()), items);
            let message = &request.message;
            let context = AuditContext::new(message.operation(), Some(caller));
            let refusal = Refusal::LimitExceeded(limited);
            Err(self.refuse(context, refusal, headers, message.response_envelope()))
        };
        Some(counting.boxed())
    }

    /// Counts a request. Returns the rate that is used up.
    async fn count(
        &self,
        shared: &SharedRates,
        claims: &Claims,
        counted: &[Counted],
    ) -> Option<LimitExceeded> {
        let (kind, party) = claims.party();
        let names: Vec<[&[u8]; 5]> = counted
            .iter()
            .map(|(target, _)| {
                let (noun, item) = self.named(*target);
                [claims.issuer(), kind, party, noun, item].map(str::as_bytes)
            })
            .collect();
        let limits = counted.iter().zip(&names).map(|((_, rate), name)| {
            let [interval, burst] = [rate.interval(), rate.full()];
            RateLimit {
                name,
                interval: std::time::Duration::from_nanos(interval),
                burst: std::time::Duration::from_nanos(burst),
            }
        });
        let RateOutcome::UsedUp { index, wait } = shared.take(&limits.collect::<Vec<_>>()).await
        else {
            return None;
        };
        let (target, rate) = counted.get(index)?;
        Some(LimitExceeded::Rate {
            of: if target.is_some() {
                RateOf::Item
            } else {
                RateOf::Caller
            },
            rate: *rate,
            retry_after: whole_seconds(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX)),
        })
    }

    /// Returns the kind and the name of an item, which are the same at all replicas.
    fn named(&self, target: Option<Target>) -> (&'static str, &str) {
        let noun = target.map_or("any", |target| PolicyKind::of(target).as_str());
        let name = target.and_then(|target| self.item_names.get(target));
        (noun, name.unwrap_or_default())
    }
}
