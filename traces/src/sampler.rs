//! [`Sampler`]: decides which traces are recorded.

use crate::span_context::SpanContext;

/// Decides which traces are recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sampler {
    /// The share of the traces that are recorded, from 0 to 1.
    pub(crate) share: f64,
    /// Whether the decision of the client applies to a trace that the client has started.
    pub(crate) follows_parent: bool,
}

impl Default for Sampler {
    fn default() -> Self {
        Self {
            share: 1.0,
            follows_parent: true,
        }
    }
}

/// The values of `OTEL_TRACES_SAMPLER`.
pub(crate) const SAMPLERS: [&str; 6] = [
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
];

impl Sampler {
    /// Returns the sampler of this name. `share` is its argument.
    pub(crate) fn named(name: &str, share: f64) -> Option<Self> {
        let bare = name.strip_prefix("parentbased_");
        let share = match bare.unwrap_or(name) {
            "always_on" => 1.0,
            "always_off" => 0.0,
            "traceidratio" => share,
            _ => return None,
        };
        Some(Self {
            share,
            follows_parent: bare.is_some(),
        })
    }

    /// Returns whether a trace is recorded. `sent` is the context that the client has sent.
    pub(crate) fn samples(&self, sent: Option<&SpanContext>, context: &SpanContext) -> bool {
        match sent {
            Some(sent) if self.follows_parent => sent.is_sampled(),
            _ => self.takes_id(context),
        }
    }

    /// Decides by the id, so that all servers of a trace decide alike: by the lower 63 bits, as the
    /// SDKs of OpenTelemetry do.
    fn takes_id(&self, context: &SpanContext) -> bool {
        let [.., a, b, c, d, e, f, g, h] = context.trace;
        let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 1;
        // A share of 1 must include the largest number, too.
        #[expect(
            clippy::cast_precision_loss,
            reason = "a share of the traces is approximate"
        )]
        let position = number as f64 / (1_u64 << 63) as f64;
        self.share >= 1.0 || position < self.share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_new_traces_is_recorded() {
        let count = |share| {
            let sampler = Sampler::named("traceidratio", share).unwrap();
            let roots = (0..4000).map(|_| SpanContext::root());
            roots.filter(|root| sampler.samples(None, root)).count()
        };
        assert_eq!((count(0.0), count(1.0)), (0, 4000));
        assert!((800..1200).contains(&count(0.25)), "{}", count(0.25));
    }

    #[test]
    fn the_client_decides_unless_the_sampler_ignores_it() {
        let root = SpanContext::root();
        let (yes, no) = (root.with_sampled(true), root.with_sampled(false));
        for name in SAMPLERS {
            let sampler = Sampler::named(name, 0.5).unwrap();
            let follows = name.starts_with("parentbased_");
            let taken = [yes, no].map(|sent| sampler.samples(Some(&sent), &sent.child()));
            if follows {
                assert_eq!(taken, [true, false], "{name}");
            } else {
                assert_eq!(taken[0], taken[1], "{name}");
            }
        }
        assert_eq!(Sampler::named("xray", 1.0), None);
        assert_eq!(
            Some(Sampler::default()),
            Sampler::named("parentbased_always_on", 0.0)
        );
    }
}
