//! What `--explain` says of the token itself. Its signature is not checked: the issuer may not be
//! reachable from where a person asks.

use crate::{
    caller::{TokenPolicy, VerifiedToken},
    claims::Claims,
    clock::UnixTime,
    config::{Config, ValidConfig},
    error::StartError,
    log_text::QuotedText,
    scope::ScopeTable,
    server::Server,
    verify::unverified_members,
};

use super::{AccessTable, Explanation, Verdict};

impl<S: Clone + Send + Sync + 'static> Server<S> {
    /// Explains whether the bearer of a token may use an item now, step by step, for a person. The
    /// signature of the token is not checked, and neither `authorize` nor a confirmation is asked.
    /// A verifier of the application and the embedded development issuer are not asked either.
    /// `item` is named as for [`AccessTable::explain`](crate::AccessTable::explain).
    ///
    /// ```
    /// use toolgate::{Config, Server, mcp_tool, tools};
    ///
    /// /// Lists the invoices.
    /// #[mcp_tool(scope = "invoices:read")]
    /// fn list_invoices() {}
    ///
    /// let server = Server::new("invoices").tools(tools![list_invoices]);
    /// let config = Config::new("https://invoices.example/mcp").with_issuer("https://as.example");
    /// let explained = server.explain(&config, "no-jwt", "list_invoices").unwrap();
    /// assert!(explained.to_string().contains("not a JWT"));
    /// ```
    ///
    /// # Errors
    ///
    /// Returns a [`StartError`] if the configuration is invalid, there is no such item, or several
    /// items have the name.
    pub fn explain(
        &self,
        config: &Config,
        token: &str,
        item: &str,
    ) -> Result<Explanation, StartError> {
        let now = self.policy.clock.now();
        self.access_table().explain_token(config, token, item, now)
    }
}

impl AccessTable {
    /// Explains whether the bearer of a token may use an item at a time, step by step, as
    /// [`Server::explain`](crate::Server::explain) does. `config` is that of the server, and an
    /// empty text is a request without a token.
    ///
    /// ```
    /// use toolgate::{Config, access, auth::UnixTime, gate::HandlerGate};
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let config = Config::new("https://counter.example/mcp").with_issuer("https://as.example");
    /// let gate = HandlerGate::builder("counter")
    ///     .without_banner()
    ///     .tool("add", access!(scope = "counter:write"))
    ///     .build_unseen(config.clone())
    ///     .unwrap();
    /// let now = UnixTime::from_seconds(1_800_000_000);
    /// let explained = gate.access_table().explain_token(&config, "", "add", now).unwrap();
    /// assert_eq!(explained.to_string(), "tool add\ndenies  token: it needs a token\n");
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// Returns a [`StartError`] if the configuration is invalid, there is no such item, or several
    /// items have the name.
    pub fn explain_token(
        &self,
        config: &Config,
        token: &str,
        item: &str,
        now: UnixTime,
    ) -> Result<Explanation, StartError> {
        let explained = self.explain_read(config, token, item, now)?;
        Ok(explained.0)
    }

    /// Explains as [`explain_token`](Self::explain_token). Returns also the claims that could be
    /// read.
    pub(super) fn explain_read(
        &self,
        config: &Config,
        token: &str,
        item: &str,
        now: UnixTime,
    ) -> Result<(Explanation, Option<Claims>), StartError> {
        let settings = config.validate()?;
        let row = self.find(item)?;
        let mut explained = Explanation::of(row);
        let token = token.trim();
        let claims = self.read_token(&settings, token, now, &mut explained);
        match claims.is_none() && !token.is_empty() {
            true => explained.add("scope", Verdict::NotEvaluated, row.to_string()),
            false => self.explain_row(row, claims.as_ref(), now, &mut explained),
        }
        Ok((explained, claims))
    }

    /// Reads the claims of a token, and adds what the gate would say of it. Returns `None` if it
    /// cannot be read.
    fn read_token(
        &self,
        settings: &ValidConfig,
        token: &str,
        now: UnixTime,
        steps: &mut Explanation,
    ) -> Option<Claims> {
        if token.is_empty() {
            return None;
        }
        if self.has_own_verifier {
            let why = "not evaluated: the server's own verifier decides which claims it has";
            steps.add("token", Verdict::NotEvaluated, why);
            return None;
        }
        let Some(members) = unverified_members(token) else {
            let why = "it is not a JWT: only its issuer knows what it grants";
            steps.add("token", Verdict::NotEvaluated, why);
            return None;
        };
        let iss = members.get("iss").and_then(|iss| iss.as_str());
        let iss = iss.unwrap_or_default();
        let mut issuers = settings.issuers().iter().map(|one| one.settings());
        let issuer = issuers.find(|issuer| issuer.is_spelled(iss));
        let claims = match issuer {
            Some(issuer) => Claims::from_members(members, issuer.claim_mapping()),
            None => Claims::from_members(members, &Default::default()),
        };
        let claims = match claims {
            Ok(claims) => claims,
            Err(error) => {
                steps.add("token", Verdict::Denies, error.to_string());
                return None;
            }
        };
        if settings.may_issue_for_development() {
            let why = "not evaluated: only the running server has the keys and the tokens of its development issuer";
            steps.add("token", Verdict::NotEvaluated, why);
            return Some(claims);
        }
        let spellings: Vec<_> = issuer.into_iter().flat_map(|one| one.spellings()).collect();
        let token_policy = TokenPolicy::new(spellings, settings.audiences().iter().cloned())
            .with_leeway(settings.leeway());
        let token = VerifiedToken::new(claims.clone(), &ScopeTable::default());
        match token_policy.accept(token, now) {
            Ok(_) => steps.add(
                "token",
                Verdict::Allows,
                "its issuer, audience and times are right",
            ),
            Err((rejection, _)) => {
                let why = format!(
                    "{rejection}; it has iss {} and aud {}, and this server accepts {}",
                    QuotedText(claims.issuer(), 200),
                    QuotedText(&claims.audience().join(" "), 200),
                    settings.audiences().join(" ")
                );
                steps.add("token", Verdict::Denies, why);
            }
        }
        steps.add("signature", Verdict::NotEvaluated, "not checked");
        Some(claims)
    }
}
