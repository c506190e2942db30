//! What stands before a server, whoever wrote what is behind it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::Router;
use tokio_util::sync::CancellationToken;

use crate::{
    admission::{Rules, Switches},
    clock::{Clock, SystemClock},
    config::{Config, Settings},
    error::{Faults, StartError},
    gate::{
        ChallengeScopes, Challenges, Direct, Gate, InResult, InSession, ItemNames, OriginRules,
        PendingBodies, Sessions, Told,
    },
    principal::Acceptance,
    scope::{ScopeDescription, ScopeTable},
    verify::{Authenticator, Proofs},
};

use super::{
    Visibility,
    hierarchy::Hierarchy,
    issuing::{Embedding, Issuing, MakeAuthenticator},
    login::{self, Login},
    offered::Offered,
};

/// How callers are judged, as far as an author chooses that.
pub(super) struct Policy {
    pub(super) verifier: Option<MakeAuthenticator>,
    pub(super) clock: Arc<dyn Clock>,
    /// Whether callers without a token may shake hands and list everything.
    pub(super) open_handshake: bool,
    pub(super) visibility: Visibility,
    pub(super) challenge_scopes: ChallengeScopes,
    pub(super) in_result: Option<Box<InResult>>,
    pub(super) hierarchy: Hierarchy,
    /// What each scope lets its holder do, where the author says so.
    pub(super) vocabulary: &'static [ScopeDescription],
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            verifier: None,
            clock: Arc::new(SystemClock),
            open_handshake: false,
            visibility: Visibility::default(),
            challenge_scopes: ChallengeScopes::default(),
            in_result: None,
            hierarchy: Hierarchy::default(),
            vocabulary: &[],
        }
    }
}

/// A protection that was judged and only has to be put up.
pub(super) struct Protection {
    pub(super) settings: Settings,
    pub(super) table: ScopeTable,
    pub(super) rules: Arc<Rules>,
    item_names: ItemNames,
    pub(super) login: Login,
    pub(super) visibility: Visibility,
    /// The scopes to publish, each with its description.
    pub(super) scopes: Vec<DescribedScope>,
    /// The issuers to publish.
    pub(super) issuers: Vec<String>,
    pub(super) origins: OriginRules,
    issuing: Issuing,
    make_authenticator: MakeAuthenticator,
    challenges: Challenges,
    challenge_scopes: ChallengeScopes,
    in_result: Option<Box<InResult>>,
    proofs: Option<Proofs>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Protection {
    /// Judges a configuration, a policy and what is offered. Faults go to `faults`;
    /// without usable settings there is nothing more to judge.
    pub(super) fn plan(
        name: &str,
        offered: &Offered,
        switches: Arc<Switches>,
        policy: Policy,
        config: &Config,
        faults: &mut Faults,
    ) -> Option<Self> {
        let table = offered.table(&policy.hierarchy, faults);
        undeclared(policy.vocabulary, &table, faults);
        locked_out(&policy, faults);
        let settings = config
            .settle()
            .map_err(|earlier| faults.extend(earlier))
            .ok()?;
        let baseline = offered.baseline(&table);
        let embedding = Embedding {
            name,
            offered,
            scopes: described(policy.vocabulary, &table),
            baseline: table.names(baseline).collect(),
            clock: &policy.clock,
        };
        let issuing = Issuing::choose(&settings, offered.asks_for_tokens(), &embedding, faults);
        let make_authenticator = match policy.verifier {
            Some(own) => own,
            None => issuing.verifier(faults),
        };
        let offers = offered.offers(&table, switches);
        let login = Login::of(offered, policy.open_handshake);
        let metadata_url = settings.resource().metadata_url();
        let challenged = offered.challenged(&table);
        let dpop = settings.dpop();
        Some(Self {
            item_names: ItemNames::of(&offers),
            rules: Arc::new(Rules::new(
                table.clone(),
                offers,
                baseline,
                login != Login::AtConnection,
            )),
            login,
            visibility: policy.visibility,
            issuers: issuing.published(),
            origins: OriginRules::new(
                settings.hosts(settings.bind()),
                settings.origins(),
                settings.allows_loopback_origins(),
            ),
            challenges: Challenges::new(
                &metadata_url,
                issuing.scope_prefix(),
                &table,
                challenged,
                faults,
            )
            .with_algorithms(dpop.algorithms().iter().map(|algorithm| algorithm.name())),
            proofs: proofs(&settings, &policy.clock, faults),
            challenge_scopes: policy.challenge_scopes,
            in_result: policy.in_result,
            clock: policy.clock,
            scopes: described(policy.vocabulary, &table),
            issuing,
            make_authenticator,
            table,
            settings,
        })
    }

    /// What scopes begin with where clients ask for them.
    pub(super) fn scope_prefix(&self) -> &str {
        self.issuing.scope_prefix()
    }

    /// Whether the embedded issuer is the one.
    pub(super) fn is_development(&self) -> bool {
        self.issuing.is_development()
    }

    /// Writes what an operator should know of this configuration to the log.
    pub(super) fn warn(&self) {
        for note in self.settings.notes() {
            tracing::warn!("{note}");
        }
        if self.login == Login::AtProtectedCall {
            tracing::warn!("{}", login::OPEN);
        }
    }

    /// Puts it up, before a service that may offer the short way to its tools.
    /// `has_sessions` says whether that service keeps sessions.
    pub(super) fn put_up(
        self,
        has_sessions: bool,
        direct: Option<Arc<dyn Direct>>,
        in_session: Option<Arc<dyn InSession>>,
    ) -> Wall {
        let acceptance = Acceptance::new(self.issuing.accepted(), self.settings.audiences())
            .with_leeway(self.settings.leeway());
        let authenticator =
            (self.make_authenticator)(acceptance, Arc::new(self.table), Arc::clone(&self.clock));
        let authenticator = Arc::new(match self.proofs {
            Some(proofs) => authenticator.with_proofs(proofs, self.settings.dpop().is_required()),
            None => authenticator,
        });
        authenticator.start();
        let streams = CancellationToken::new();
        let limits = self.settings.limits().clone();
        let gate = Gate {
            rules: self.rules,
            item_names: self.item_names,
            authenticator: Arc::clone(&authenticator),
            challenges: self.challenges,
            told: Told::default(),
            challenge_scopes: self.challenge_scopes,
            in_result: self.in_result,
            origins: self.origins,
            clock: self.clock,
            pending_bodies: PendingBodies::new(limits.pending_bodies()),
            limits,
            stop: streams.clone(),
            sessions: Sessions::new(self.settings.session_limits()),
            has_sessions,
            direct,
            in_session,
        };
        Wall {
            gate: Arc::new(gate),
            readiness: Readiness {
                authenticator,
                stopping: Arc::default(),
            },
            streams,
            issuer_routes: self.issuing.routes,
        }
    }
}

/// What judges the proofs that come with bound tokens: proofs for this resource's own
/// addresses, as they are configured and published (RFC 9449 §4.3).
fn proofs(settings: &Settings, clock: &Arc<dyn Clock>, faults: &mut Faults) -> Option<Proofs> {
    let dpop = settings.dpop();
    let nonces = dpop.nonces(faults);
    dpop.is_on().then(|| {
        Proofs::new(
            settings.resource().addresses(),
            dpop.algorithms().to_vec(),
            settings.leeway(),
            nonces,
            Arc::clone(clock),
        )
    })
}

/// A protection that stands.
pub(super) struct Wall {
    pub(super) gate: Arc<Gate>,
    pub(super) readiness: Readiness,
    /// Ends the open streams.
    pub(super) streams: CancellationToken,
    /// The routes of the embedded issuer, where it is the one.
    pub(super) issuer_routes: Option<Router>,
}

/// Whether calls can be answered.
#[derive(Clone)]
pub(super) struct Readiness {
    authenticator: Arc<Authenticator>,
    stopping: Arc<AtomicBool>,
}

impl Readiness {
    pub(super) fn judge(&self) -> Result<(), String> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err("the server is stopping".to_owned());
        }
        self.authenticator.readiness()
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// A scope, and what it lets its holder do, where the author says so.
pub(super) type DescribedScope = (&'static str, Option<&'static str>);

fn described(vocabulary: &[ScopeDescription], table: &ScopeTable) -> Vec<DescribedScope> {
    let description = |name: &str| {
        let known = vocabulary.iter().find(|one| one.scope().as_str() == name);
        known.map(ScopeDescription::description)
    };
    table
        .names(table.asked_for())
        .map(|name| (name, description(name)))
        .collect()
}

/// With an open handshake, a list that is filtered by grants shows a caller without a token
/// the public items alone. No client would ever see a 401, so nobody could log in.
fn locked_out(policy: &Policy, faults: &mut Faults) {
    if policy.open_handshake && policy.visibility == Visibility::Granted {
        faults.add(
            "`open_handshake` is combined with `Visibility::Granted`: a client without a token would be shown the public items alone, and would never be asked to log in",
            "leave out `open_handshake`, so that clients log in when they connect, or show everything by `Visibility::All`",
        );
    }
}

/// A vocabulary is closed: a scope that it lacks is a slip.
fn undeclared(vocabulary: &[ScopeDescription], table: &ScopeTable, faults: &mut Faults) {
    if vocabulary.is_empty() {
        return;
    }
    for (name, description) in described(vocabulary, table) {
        if description.is_none() {
            faults.add(
                format!("the scope `{name}` is asked for, and the vocabulary does not declare it"),
                "correct its spelling, or add it to `scopes!`",
            );
        }
    }
}

/// The scopes of what is offered, sorted.
pub(super) fn scopes(
    offered: &Offered,
    hierarchy: &Hierarchy,
    mut faults: Faults,
) -> Result<Vec<&'static str>, StartError> {
    let table = offered.table(hierarchy, &mut faults);
    faults.finish(table.names(table.asked_for()).collect())
}
