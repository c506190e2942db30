//! The Cedar schema of a server.

use crate::error::{SetupErrors, StartError};

use super::Server;

impl<S: Clone + Send + Sync + 'static> Server<S> {
    /// Returns the Cedar schema that follows from the items and from
    /// [`with_policy_arguments`](Self::with_policy_arguments), in Cedar's own syntax. The command
    /// line prints it with `--print-cedar-schema`.
    ///
    /// # Errors
    ///
    /// Returns a [`StartError`] if an item has errors, or if Cedar has no type for an argument.
    pub fn cedar_schema(self) -> Result<String, StartError> {
        let mut faults = SetupErrors::default();
        let sets = self.sets.with_state_applied(&self.state);
        let offered = sets.finish(&mut faults).offered(self.changes.is_some());
        let items = self.policy.decision_point.items(&offered, &mut faults);
        let schema = toolgate_cedar::schema(&items).unwrap_or_else(|errors| {
            for error in errors {
                faults.add(error.what(), error.fix());
            }
            String::new()
        });
        faults.finish(schema)
    }
}
