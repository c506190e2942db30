//! [`Cedar`]: the decision point.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use cedar_policy::{Authorizer, Decision, Schema};
use tokio::time::Instant;
use toolgate_oauth::policy::{
    Effect, PolicyDecision, PolicyDecisionPoint, PolicyError, PolicyItem, PolicyRequest,
    PolicySetupError,
};

use crate::{
    arguments::Arguments,
    entities::EntityTypes,
    loaded::{Loaded, reason},
    schema::schema,
};

/// The minimum time between two comparisons of the file. Only requests cause them.
const COMPARED: Duration = Duration::from_secs(1);

/// The largest file of policies, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A decision point that evaluates the Cedar policies of a file in the process.
///
/// ```
/// use toolgate::policy::Cedar;
///
/// let engine = Cedar::from_file("/etc/documents/policies.cedar");
/// ```
#[must_use = "a decision point does nothing until a server asks it"]
pub struct Cedar {
    path: PathBuf,
    authorizer: Authorizer,
    /// The schema and the argument types of the server's items. Set once, at the start.
    started: OnceLock<(Schema, Arguments)>,
    types: OnceLock<Result<EntityTypes, String>>,
    file: Mutex<PolicyFile>,
}

/// The state of the file.
#[derive(Default)]
struct PolicyFile {
    compared: Option<Instant>,
    /// The last text, valid or not, or why the file cannot be read.
    text: Option<Result<String, String>>,
    /// The last valid policies.
    loaded: Option<Arc<Loaded>>,
}

impl Cedar {
    /// Evaluates the policies in this file.
    pub fn from_file(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            authorizer: Authorizer::new(),
            started: OnceLock::new(),
            types: OnceLock::new(),
            file: Mutex::default(),
        }
    }

    /// Reads the file, and uses its policies if they have changed and are valid. Decisions also do
    /// this, at most once a second.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with a changed file. The last valid policies stay.
    pub fn reload(&self) -> Result<(), Vec<String>> {
        self.compare(&mut self.file())
    }

    fn file(&self) -> MutexGuard<'_, PolicyFile> {
        // Each change is one assignment, so a panic leaves no inconsistent state.
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compare(&self, file: &mut PolicyFile) -> Result<(), Vec<String>> {
        file.compared = Some(Instant::now());
        let text = read(&self.path);
        if file.text.as_ref() == Some(&text) {
            return Ok(());
        }
        let schema = self.started.get().map(|(schema, _)| schema);
        let loaded = match &text {
            Ok(text) => Loaded::parse(text, schema),
            Err(problem) => Err(vec![problem.clone()]),
        };
        file.text = Some(text);
        file.loaded = Some(Arc::new(loaded?));
        Ok(())
    }

    /// Returns the policies to use now.
    fn current(&self) -> Result<Arc<Loaded>, PolicyError> {
        let mut file = self.file();
        let is_first = file.compared.is_none();
        let is_due = file
            .compared
            .is_none_or(|since| since.elapsed() >= COMPARED);
        if is_due && let Err(errors) = self.compare(&mut file) {
            let (path, errors) = (self.path.display(), errors.join("; "));
            if is_first {
                return Err(PolicyError::failed(errors));
            }
            tracing::error!(target: "toolgate::policy", %path, errors, "the changed policies are not used; the last valid ones stay");
        }
        let loaded = file.loaded.clone();
        loaded.ok_or_else(|| PolicyError::failed("there are no valid policies"))
    }

    fn evaluate(
        &self,
        loaded: &Loaded,
        question: &PolicyRequest<'_>,
    ) -> Result<PolicyDecision, PolicyError> {
        let types = self.types.get_or_init(EntityTypes::parse);
        let types = types.as_ref().map_err(PolicyError::failed)?;
        let none = Arguments::default();
        let arguments = self.started.get().map_or(&none, |(_, arguments)| arguments);
        let (request, entities) = types.request(question, arguments)?;
        let response = self
            .authorizer
            .is_authorized(&request, &loaded.policies, &entities);
        let diagnostics = response.diagnostics();
        // Cedar ignores a policy that fails, even a `forbid`: it could then allow the request.
        if let Some(error) = diagnostics.errors().next() {
            return Err(PolicyError::failed(error.to_string()));
        }
        let decision = PolicyDecision::new(match response.decision() {
            Decision::Allow => Effect::Allow,
            Decision::Deny => Effect::Deny,
        });
        let decision = decision.with_version(Arc::clone(&loaded.version));
        let mut determining = diagnostics.reason().filter_map(|id| loaded.named(id));
        let Some(first) = determining.next() else {
            return Ok(decision.with_reason("no policy permits it"));
        };
        let mut all: Vec<_> = determining.collect();
        if all.is_empty() {
            let decision = decision.with_policy(Arc::clone(&first.name));
            return Ok(decision.with_reason(Arc::clone(&first.reason)));
        }
        all.push(first);
        all.sort_unstable_by_key(|named| &named.name);
        let effect = match response.decision() {
            Decision::Allow => cedar_policy::Effect::Permit,
            Decision::Deny => cedar_policy::Effect::Forbid,
        };
        let names: Vec<&str> = all.iter().map(|named| &*named.name).collect();
        let decision = decision.with_policy(names[0]);
        Ok(decision.with_reason(reason(effect, &names)))
    }
}

/// Reads a file of bounded length.
fn read(path: &Path) -> Result<String, String> {
    let reading = || {
        if fs::metadata(path)?.len() > LARGEST {
            return Err(io::Error::other(format!("larger than {LARGEST} bytes")));
        }
        fs::read_to_string(path)
    };
    reading().map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

impl PolicyDecisionPoint for Cedar {
    async fn decide(&self, request: &PolicyRequest<'_>) -> Result<PolicyDecision, PolicyError> {
        self.evaluate(&*self.current()?, request)
    }

    async fn decide_all(
        &self,
        requests: &[PolicyRequest<'_>],
    ) -> Result<Vec<PolicyDecision>, PolicyError> {
        // One batch is decided by one version of the policies.
        let loaded = self.current()?;
        requests
            .iter()
            .map(|request| self.evaluate(&loaded, request))
            .collect()
    }

    fn start(&self, items: &[PolicyItem]) -> Result<(), Vec<PolicySetupError>> {
        let text = schema(items)?;
        let wrong = |what: String| {
            vec![PolicySetupError::new(
                format!("the Cedar schema of the server is not valid: {what}"),
                "report it: the schema is generated",
            )]
        };
        let schema = match Schema::from_cedarschema_str(&text) {
            Ok((schema, _)) => schema,
            Err(error) => return Err(wrong(error.to_string())),
        };
        let arguments = Arguments::of(items)?;
        // A second start, of another server with the same engine, would have other items.
        if self.started.set((schema, arguments)).is_err() {
            return Err(vec![PolicySetupError::new(
                "one `Cedar` was given to two servers",
                "create one for each server",
            )]);
        }
        let fix = "correct the policy; `--print-cedar-schema` prints what it may use";
        *self.file() = PolicyFile::default();
        self.reload().map_err(|errors| {
            let path = self.path.display();
            let error = |error| PolicySetupError::new(format!("{path}: {error}"), fix);
            errors.into_iter().map(error).collect()
        })
    }
}

impl fmt::Debug for Cedar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cedar")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
