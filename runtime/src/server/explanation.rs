//! [`Explanation`]: why a caller may or may not use an item, step by step.
//!
//! It decides nothing: it tells a person what the gate compares.

use std::fmt;

use crate::{
    access::Conditions,
    claims::Claims,
    clock::UnixTime,
    error::{SetupErrors, StartError},
    log_text::{QuotedText, Truncated},
    scope::{Scope, ScopeTable},
};

mod policy_step;
mod token_steps;

use super::{AccessTable, access_table::ItemAccess};

/// How much of one claim is printed, in bytes. No one has verified the token that it is from.
const LONGEST_CLAIM: usize = 400;

/// Why a caller may or may not use an item: one step for each check, in the order of the gate.
///
/// ```
/// use toolgate::{Server, auth::{Claims, UnixTime}, mcp_tool, tools};
///
/// /// Deletes an invoice.
/// #[mcp_tool(scope = "invoices:write", role = "clerk")]
/// fn delete_invoice() {}
///
/// let server = Server::new("invoices").tools(tools![delete_invoice]);
/// let now = UnixTime::from_seconds(1_800_000_000);
/// let claims = Claims::new("https://as.example", now.plus(60)).with_scopes("invoices:write");
/// let explained = server.access_table().explain("delete_invoice", Some(&claims), now).unwrap();
/// assert!(!explained.allows());
/// assert_eq!(
///     explained.to_string(),
///     "tool delete_invoice\n\
///      allows  scope: the token has invoices:write\n\
///      denies  role: the token has no role clerk\n",
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    item: String,
    steps: Vec<ExplainedStep>,
}

/// One check of an [`Explanation`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedStep {
    check: &'static str,
    verdict: Verdict,
    why: String,
}

/// What one check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The check allows the request.
    Allows,
    /// The check denies the request.
    Denies,
    /// The check was not made, because it needs what an explanation does not have: keys,
    /// arguments or a user.
    NotEvaluated,
}

impl Explanation {
    fn of(row: &ItemAccess) -> Self {
        Self {
            item: row.title(),
            steps: Vec::new(),
        }
    }

    fn add(&mut self, check: &'static str, verdict: Verdict, why: impl Into<String>) {
        let why = why.into();
        self.steps.push(ExplainedStep {
            check,
            verdict,
            why,
        });
    }

    /// Returns the steps in the order of the gate.
    #[must_use]
    pub fn steps(&self) -> &[ExplainedStep] {
        &self.steps
    }

    /// Returns whether no step denies the request. A step that was not evaluated can still deny
    /// it.
    #[must_use]
    pub fn allows(&self) -> bool {
        self.steps
            .iter()
            .all(|step| step.verdict != Verdict::Denies)
    }
}

impl ExplainedStep {
    /// Returns the name of the check: `scope`, `role`, `login`, `authorize`, `confirm`, `policy`, and
    /// of a token `signature` and `token`.
    #[must_use]
    pub fn check(&self) -> &'static str {
        self.check
    }

    /// Returns what the check says.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Returns why.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.why
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.item)?;
        for step in &self.steps {
            let verdict = match step.verdict {
                Verdict::Allows => "allows",
                Verdict::Denies => "denies",
                Verdict::NotEvaluated => "open  ",
            };
            writeln!(f, "{verdict}  {}: {}", step.check, step.why)?;
        }
        Ok(())
    }
}

impl AccessTable {
    /// Explains whether a caller with these claims may use an item at a time, or a caller without
    /// a token. `item` is the name of a tool or a prompt, or the URI of a resource as its author
    /// wrote it. If several items have the name, write the kind before it: `tool report`, `prompt
    /// report` or `resource notes://{id}`.
    ///
    /// # Errors
    ///
    /// Returns a [`StartError`] if there is no such item, or if several items have the name.
    pub fn explain(
        &self,
        item: &str,
        claims: Option<&Claims>,
        now: UnixTime,
    ) -> Result<Explanation, StartError> {
        let row = self.find(item)?;
        let mut explained = Explanation::of(row);
        self.explain_row(row, claims, now, &mut explained);
        Ok(explained)
    }

    /// Returns the only item with a name, with or without its kind.
    fn find(&self, item: &str) -> Result<&ItemAccess, StartError> {
        let is_named = |row: &&ItemAccess| row.name() == item || row.title() == item;
        let found: Vec<_> = self.items().filter(is_named).collect();
        let mut errors = SetupErrors::default();
        match *found {
            [row] => return Ok(row),
            [] => {
                let names: Vec<_> = self.items().map(ItemAccess::name).collect();
                errors.add(
                    format!("there is no item {}", QuotedText(item, 100)),
                    format!("name one of {}", names.join(", ")),
                );
            }
            _ => {
                let titles: Vec<_> = found.iter().map(|row| row.title()).collect();
                errors.add(
                    format!("several items have the name {}", QuotedText(item, 100)),
                    format!("name one of {}", titles.join(", ")),
                );
            }
        }
        Err(errors.into_error())
    }

    /// Adds the steps of an item for a caller with these claims, or without a token.
    fn explain_row(
        &self,
        row: &ItemAccess,
        claims: Option<&Claims>,
        now: UnixTime,
        explained: &mut Explanation,
    ) {
        match claims {
            None if row.is_public() => explained.add("token", Verdict::Allows, "it needs none"),
            None => explained.add("token", Verdict::Denies, "it needs a token"),
            Some(claims) => {
                self.explain_scopes(row, claims, explained);
                explain_conditions(row.conditions(), claims, now, explained);
            }
        }
        if row.rate().is_some() || row.concurrency().is_some() {
            let why = "not evaluated, because it depends on what the caller has used";
            explained.add("limits", Verdict::NotEvaluated, why);
        }
        if row.authorize_scopes().is_some() {
            let why = "not evaluated, because it depends on arguments and on the server's state";
            explained.add("authorize", Verdict::NotEvaluated, why);
        }
        if row.is_confirmed() {
            let why = "not evaluated: the user is asked at each request";
            explained.add("confirm", Verdict::NotEvaluated, why);
        }
        if row.is_approved() {
            let why =
                "not evaluated: the user decides about each request on the page of the server";
            explained.add("approve", Verdict::NotEvaluated, why);
        }
    }

    fn explain_scopes(&self, row: &ItemAccess, claims: &Claims, explained: &mut Explanation) {
        let alternatives = row.alternatives();
        if alternatives.is_empty() {
            return explained.add("scope", Verdict::Allows, "it needs none");
        }
        let table = self.scope_table();
        let granted = table.granted(claims.scopes());
        let is_granted = |name: &&str| table.one(name).is_some_and(|one| granted.contains(one));
        let lacks = |set: &[&'static str]| -> Vec<&'static str> {
            let lacking = set.iter().copied();
            lacking.filter(|name| !is_granted(name)).collect()
        };
        match alternatives.iter().find(|set| lacks(set).is_empty()) {
            Some(set) => {
                let why = format!("the token has {}", set.join(" and "));
                explained.add("scope", Verdict::Allows, why);
            }
            None => {
                let needed = alternatives.iter().map(|set| lacks(set).join(" and "));
                let needed = needed.collect::<Vec<_>>().join(", or ");
                let held = match &*claims.scopes().collect::<Vec<_>>() {
                    [] => "none".to_owned(),
                    scopes => Truncated(&scopes.join(" "), LONGEST_CLAIM).to_string(),
                };
                let why = format!("the token lacks {needed}; it has {held}");
                explained.add("scope", Verdict::Denies, why);
            }
        }
    }

    /// Returns the table that the gate builds of the same declarations.
    fn scope_table(&self) -> ScopeTable {
        let alternatives = self.items().flat_map(ItemAccess::alternatives).flatten();
        let authorize_scopes = self.items().filter_map(ItemAccess::authorize_scopes);
        let names = alternatives.chain(authorize_scopes.flatten());
        let scopes = names.filter_map(|name| Scope::parse(name).ok()).collect();
        // The start of the server reports errors of the declarations.
        let table = self.hierarchy().table(scopes, &mut SetupErrors::default());
        table.unwrap_or_default()
    }
}

fn explain_conditions(
    conditions: Conditions,
    claims: &Claims,
    now: UnixTime,
    explained: &mut Explanation,
) {
    if conditions.person() {
        let (verdict, why) = match claims.acts_for_person() {
            true => (Verdict::Allows, "the token shows a person"),
            false => (Verdict::Denies, "the token does not show a person"),
        };
        explained.add("person", verdict, why);
    }
    if !conditions.roles().is_empty() {
        match conditions.missing_roles(claims) {
            None => explained.add("role", Verdict::Allows, "the token has it"),
            Some(missing) => {
                let lacks = missing
                    .iter()
                    .copied()
                    .filter(|role| !claims.has_role(role));
                let lacks = lacks.collect::<Vec<_>>().join(" and ");
                explained.add(
                    "role",
                    Verdict::Denies,
                    format!("the token has no role {lacks}"),
                );
            }
        }
    }
    if !conditions.acr().is_empty() || conditions.max_age().is_some() {
        let acr = Truncated(claims.acr().unwrap_or("no acr"), LONGEST_CLAIM);
        let age = match claims.auth_time() {
            Some(login) => format!("a login {} s ago", now.since(login)),
            None => "no auth_time".to_owned(),
        };
        let (verdict, need) = match conditions.accepts_login(claims, Some(now)) {
            true => (Verdict::Allows, ""),
            false => (Verdict::Denies, "; the item needs another one"),
        };
        explained.add(
            "login",
            verdict,
            format!("the token has {acr} and {age}{need}"),
        );
    }
}

#[cfg(test)]
mod tests;
