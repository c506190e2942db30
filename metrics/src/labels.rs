//! The labels of the metrics.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use prometheus_client::encoding::EncodeLabelSet;

/// One label.
pub(crate) type Label<V> = [(&'static str, V); 1];

#[derive(Clone, Debug, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct OutcomeLabels {
    pub(crate) method: &'static str,
    pub(crate) item: Arc<str>,
    pub(crate) outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct ItemLabels {
    pub(crate) method: &'static str,
    pub(crate) item: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct VerificationLabels {
    pub(crate) cached: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) outcome: &'static str,
}

impl Hash for OutcomeLabels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash(&[self.method, &self.item, self.outcome], state);
    }
}

impl Hash for ItemLabels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash(&[self.method, &self.item], state);
    }
}

impl Hash for VerificationLabels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash(&[self.cached, self.kind, self.outcome], state);
    }
}

/// Hashes the values of labels as one number (FNV-1a over words of eight bytes), because the hasher
/// of the families is slow for short texts. No value comes from a client, so nobody can choose
/// values with equal hashes.
fn hash(values: &[&str], state: &mut impl Hasher) {
    const PRIME: u64 = 0x0100_0000_01b3;
    let mut number = 0xcbf2_9ce4_8422_2325_u64;
    for value in values {
        for word in value.as_bytes().chunks(8) {
            let mut bytes = [0; 8];
            bytes[..word.len()].copy_from_slice(word);
            number = (number ^ u64::from_le_bytes(bytes)).wrapping_mul(PRIME);
        }
        number = (number ^ value.len() as u64).wrapping_mul(PRIME);
    }
    state.write_u64(number);
}
