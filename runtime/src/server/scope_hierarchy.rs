//! Which scope implies which, as the server's author declares it.

use crate::{
    error::SetupErrors,
    scope::{Scope, ScopeTable, TooManyScopesError},
};

/// The declarations, stored as written until the tools are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ScopeHierarchy {
    implications: Vec<(&'static str, Vec<&'static str>)>,
    patterns: bool,
}

impl ScopeHierarchy {
    pub(super) fn add(&mut self, latest_caller: &'static str, implied: &[&'static str]) {
        self.implications.push((latest_caller, implied.to_vec()));
    }

    pub(super) fn allow_patterns(&mut self) {
        self.patterns = true;
    }

    /// Returns each scope that implies others, with these.
    pub(super) fn implications(&self) -> &[(&'static str, Vec<&'static str>)] {
        &self.implications
    }

    /// Builds the scope table of a server whose operations require these scopes.
    pub(super) fn table(
        &self,
        asked_for: Vec<Scope>,
        faults: &mut SetupErrors,
    ) -> Result<ScopeTable, TooManyScopesError> {
        let mut known: Vec<&str> = asked_for.iter().map(|scope| scope.as_str()).collect();
        known.extend(
            self.implications
                .iter()
                .map(|(latest_caller, _)| *latest_caller),
        );
        let mut implications = Vec::new();
        for (latest_caller, implied) in &self.implications {
            let latest_caller = read(latest_caller, faults);
            let mut scopes = Vec::new();
            for name in implied {
                if !known.contains(name) {
                    faults.add(
                        format!("scope_implies names `{name}`, which no item requires"),
                        "correct its spelling, or remove it",
                    );
                }
                scopes.extend(read(name, faults));
            }
            implications.extend(latest_caller.map(|latest_caller| (latest_caller, scopes)));
        }
        let table = ScopeTable::with_hierarchy(asked_for, &implications)?;
        Ok(if self.patterns {
            table.with_patterns()
        } else {
            table
        })
    }
}

fn read(name: &'static str, faults: &mut SetupErrors) -> Option<Scope> {
    Scope::parse(name)
        .map_err(|fault| {
            faults.add(
                format!("scope_implies: {fault}"),
                "write a scope of RFC 6749 section 3.3",
            )
        })
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_of_the_declarations_is_reported() {
        let mut hierarchy = ScopeHierarchy::default();
        hierarchy.add("todo admin", &["todo:raed", "todo:read"]);
        let mut faults = SetupErrors::default();
        let table = hierarchy.table(vec![Scope::new("todo:read")], &mut faults);
        assert!(table.is_ok());
        let told = faults.finish(()).unwrap_err().to_string();
        assert!(
            told.contains("todo:raed") && told.contains("todo admin"),
            "{told}"
        );
    }

    #[test]
    fn what_implies_may_be_implied() {
        let mut hierarchy = ScopeHierarchy::default();
        hierarchy.add("admin", &["read"]);
        hierarchy.add("root", &["admin"]);
        let mut faults = SetupErrors::default();
        let table = hierarchy
            .table(vec![Scope::new("read")], &mut faults)
            .unwrap();
        assert!(faults.finish(()).is_ok());
        assert!(table.granted(["root"]).contains(table.required()));
    }
}
