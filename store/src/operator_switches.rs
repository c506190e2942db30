//! [`OperatorSwitches`]: what the operator takes away, at all replicas.

use toolgate_core::clock::UnixTime;

use crate::{ItemName, Revocation, RevocationError, Revocations, Revoked};

/// What the operator takes away: items and tokens. It is stored in the list of revocations, so all
/// replicas have it, and each of them can lift what another one has set. The program's own
/// revocations are separate entries, which no operator can lift.
#[derive(Debug, Clone)]
pub struct OperatorSwitches(Revocations);

impl OperatorSwitches {
    /// Stores what the operator takes away in this list.
    #[must_use]
    pub fn new(revocations: &Revocations) -> Self {
        Self(revocations.clone())
    }

    /// Switches an item off or on. Returns whether that changes anything.
    ///
    /// # Errors
    ///
    /// As [`Revocations::revoke`].
    pub async fn switch(&self, item: &ItemName, is_on: bool) -> Result<bool, RevocationError> {
        let switching = self.0.change(|list, now| match is_on {
            true => Ok(list.switch_on(item)),
            false => list
                .switch_off(item, now)
                .ok_or(RevocationError::OperatorFull),
        });
        switching.await
    }

    /// Refuses tokens, for some seconds or until it is lifted. If the operator has revoked them
    /// already, the later of both ends stays. Returns whether that changes anything.
    ///
    /// # Errors
    ///
    /// As [`Revocations::revoke`].
    pub async fn revoke(
        &self,
        revoked: &Revoked,
        seconds: Option<u64>,
    ) -> Result<bool, RevocationError> {
        let revoking = self.0.change(|list, now| {
            let added = Revocation {
                revoked: revoked.clone(),
                until: seconds.map(|seconds| now.plus(seconds)),
                by_operator: true,
            };
            list.add(added, now).ok_or(RevocationError::OperatorFull)
        });
        revoking.await
    }

    /// Accepts tokens again that the operator has revoked. Returns whether there were any.
    ///
    /// # Errors
    ///
    /// As [`Revocations::revoke`].
    pub async fn lift(&self, revoked: &Revoked) -> Result<bool, RevocationError> {
        let lifting = |list: &mut crate::revocation_list::RevocationList, now| {
            Ok(list.remove(revoked, true, now))
        };
        self.0.change(lifting).await
    }

    /// Returns the revoked tokens that this replica knows, and the seconds until each revocation
    /// ends by itself.
    #[must_use]
    pub fn revoked(&self) -> Vec<(Revoked, Option<u64>)> {
        let now = self.0.now().unwrap_or(UnixTime::from_seconds(0));
        let entries = self.0.list().into_iter().filter(|one| one.by_operator);
        let entries = entries.map(|one| (one.revoked, one.until.map(|until| until.since(now))));
        entries.collect()
    }

    /// Returns the items that this replica knows to be switched off.
    #[must_use]
    pub fn switched_off(&self) -> Vec<ItemName> {
        self.0.switched_off()
    }
}
