//! Common providers, from their metadata to a tool that runs.

mod mock_provider;
mod provider_fixture;

use std::time::Duration;

use mock_provider::MockProvider;
use provider_fixture::Fixture;
use serde_json::json;
use support::{
    client::{Client, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
};
use toolgate::{
    Config, Environment,
    auth::{BearerToken, IssuerVerifier, TokenVerifier},
    issuer::Issuer,
};

/// Starts a provider, and a tool server that trusts it.
async fn started(fixture: &Fixture) -> (MockProvider, RunningServer, Runs) {
    let provider = MockProvider::start().await;
    provider.serve(fixture.documents(provider.base()));
    let runs = Runs::default();
    let issuer = fixture.issuer(provider.base());
    let running = RunningServer::start(tool_server::unverified_server(&runs), |config| {
        let config = config.with_issuer(issuer);
        let audiences = fixture.audiences().into_iter();
        audiences.fold(config, Config::with_audience)
    })
    .await;
    (provider, running, runs)
}

#[tokio::test]
async fn a_token_of_each_provider_is_accepted_and_no_look_alike_is() {
    for fixture in Fixture::all() {
        let (provider, running, runs) = started(&fixture).await;
        let (subject, client, scopes) = fixture.means();
        let mut accepted = 0;
        for case in fixture.cases(provider.base(), &running.resource()) {
            if let Some(answer) = case.answer {
                provider.know(&case.token, answer);
            }
            let caller =
                Client::new(running.resource(), Revision::Stateless).with_token(&case.token);
            let written = caller.call("rewrite", json!({})).await;
            if !case.accepted {
                assert_eq!(written.status, 401, "{}: {written:?}", case.name);
                let challenge = written.challenge().expect("a challenge");
                assert_eq!(
                    challenge.get("error"),
                    Some("invalid_token"),
                    "{}",
                    case.name
                );
                continue;
            }
            assert_eq!(written.status, 200, "{}: {written:?}", case.name);
            assert_eq!(written.tool_text(), "rewrite ran", "{}", case.name);
            accepted += 1;
            // Roles, groups and permissions are not scopes by themselves.
            let output = caller.call("whoami", json!({})).await.tool_text();
            assert!(!output.contains("desk:admin"), "{}: {output}", case.name);
        }
        assert_eq!(
            runs.all(),
            ["rewrite", "whoami"].repeat(accepted),
            "{}",
            fixture.name()
        );
        let case = fixture
            .cases(provider.base(), &running.resource())
            .remove(0);
        let caller = Client::new(running.resource(), Revision::Stateless).with_token(&case.token);
        let output = caller.call("whoami", json!({})).await.tool_text();
        assert_eq!(
            output,
            format!("{subject} with {scopes}"),
            "{}",
            fixture.name()
        );
        let verifier =
            IssuerVerifier::new([fixture.issuer(provider.base())]).expect("good settings");
        let token = BearerToken::new(&case.token).expect("a token");
        let claims = verifier.verify(&token).await.expect("a good token");
        assert_eq!(claims.client_id(), Some(&*client), "{}", fixture.name());
    }
}

/// Returns the roles of a token, as this issuer's rules read them.
async fn roles(issuer: Issuer, token: &str) -> Vec<String> {
    let verifier = IssuerVerifier::new([issuer]).expect("good settings");
    let token = BearerToken::new(token).expect("a token");
    let claims = verifier.verify(&token).await.expect("a good token");
    claims.roles().map(str::to_owned).collect()
}

#[tokio::test]
async fn roles_are_read_where_each_provider_writes_them_and_nowhere_else() {
    for fixture in Fixture::all() {
        let (provider, running, _) = started(&fixture).await;
        let (case, mean) = fixture.with_roles(provider.base(), &running.resource());
        if let Some(answer) = case.answer {
            provider.know(&case.token, answer);
        }
        let issuer = fixture.issuer(provider.base());
        assert_eq!(roles(issuer, &case.token).await, mean, "{}", case.name);
    }
}

/// Returns whether a token shows a person, by this issuer's rules.
async fn shows_person(issuer: Issuer, token: &str) -> bool {
    let verifier = IssuerVerifier::new([issuer]).expect("good settings");
    let token = BearerToken::new(token).expect("a token");
    let claims = verifier.verify(&token).await.expect("a good token");
    claims.acts_for_person()
}

#[tokio::test]
async fn a_person_is_shown_by_what_each_provider_writes_for_users_alone() {
    for fixture in Fixture::all() {
        let (provider, running, _) = started(&fixture).await;
        let (user, is_shown, programs) = fixture.persons(provider.base(), &running.resource());
        let programs = programs.into_iter().map(|program| (program, false));
        for (case, expected) in [(user, is_shown)].into_iter().chain(programs) {
            if let Some(answer) = case.answer {
                provider.know(&case.token, answer);
            }
            let issuer = fixture.issuer(provider.base());
            let shown = shows_person(issuer, &case.token).await;
            assert_eq!(shown, expected, "{}", case.name);
        }
    }
}

#[tokio::test]
async fn a_setting_names_the_evidence_of_a_provider_without_its_own() {
    let fixture = Fixture::named("generic");
    let (provider, running, _) = started(&fixture).await;
    let (_, _, programs) = fixture.persons(provider.base(), &running.resource());
    let token = &programs[0].token;
    let issuer = || fixture.issuer(provider.base());
    let by_login = || issuer().with_person_claim("auth_time", "*");
    assert!(shows_person(by_login(), token).await);
    assert!(!shows_person(by_login().with_machine_claim("acr", "mfa"), token).await);
    assert!(!shows_person(issuer().with_person_claim("acr", "card"), token).await);
}

#[tokio::test]
async fn a_setting_replaces_the_place_of_roles_and_further_ones_add_up() {
    for (name, paths, mean) in [
        (
            "auth0",
            &[&["https://news.example/roles"][..]][..],
            &["admin"][..],
        ),
        (
            "keycloak",
            &[&["resource_access", "desk", "roles"]],
            &["admin"],
        ),
        (
            "keycloak",
            &[
                &["resource_access", "desk", "roles"],
                &["realm_access", "roles"],
            ],
            &["admin", "editor", "offline_access"],
        ),
        ("entra", &[&["wids"]], &["admin"]),
    ] {
        let fixture = Fixture::named(name);
        let (provider, running, _) = started(&fixture).await;
        let (case, _) = fixture.with_roles(provider.base(), &running.resource());
        let issuer = fixture.issuer(provider.base());
        let with = |issuer: Issuer, path: &&[&str]| issuer.with_role_claim(path.iter().copied());
        let issuer = paths.iter().fold(issuer, with);
        assert_eq!(roles(issuer, &case.token).await, mean, "{name} {paths:?}");
    }
}

#[tokio::test]
async fn every_provider_makes_a_server_ready_by_its_metadata_alone() {
    for fixture in Fixture::all() {
        let (_provider, running, _) = started(&fixture).await;
        let ready = async {
            let client = Client::new(running.resource(), Revision::Stateless);
            while client.get(&running.url("/readyz")).await.status != 200 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(10), ready).await;
        assert!(waited.is_ok(), "{}", fixture.name());
    }
}

#[tokio::test]
async fn scalekits_environment_variables_are_sufficient() {
    let fixture = Fixture::named("scalekit");
    let provider = MockProvider::start().await;
    provider.serve(fixture.documents(provider.base()));
    let runs = Runs::default();
    let base = provider.base().to_owned();
    let running = RunningServer::start_as(tool_server::unverified_server(&runs), |address| {
        let resource = format!("http://{address}/mcp");
        let environment = Environment::from_iter([
            ("SCALEKIT_ENVIRONMENT_URL", base.clone()),
            ("SCALEKIT_CLIENT_ID", "skc_1".to_owned()),
            ("SCALEKIT_CLIENT_SECRET", "s3cr3t".to_owned()),
            (
                "SCALEKIT_AUTHORIZATION_SERVERS",
                format!("{base}/resources/res_60000001"),
            ),
            ("SCALEKIT_AUDIENCE_NAME", resource.clone()),
            ("SCALEKIT_RESOUCE_NAME", resource),
        ]);
        let config = Config::from_environment(&environment, address.port());
        config.expect("good variables").with_bind(address)
    })
    .await;
    for case in fixture.cases(&base, &running.resource()) {
        let caller = Client::new(running.resource(), Revision::Stateless).with_token(&case.token);
        let status = caller.call("read", json!({})).await.status;
        assert_eq!(
            status,
            if case.accepted { 200 } else { 401 },
            "{}",
            case.name
        );
    }
}
