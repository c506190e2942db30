//! The kill switches of one replica act on all.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{
    memory_store::Conduct,
    running_server::RunningServer,
    server_process::{Folder, free_address},
    tool_server::{self, Runs},
};
use toolgate::{Config, Environment, auth::Clock, store::Revoked};

use crate::replica::{RESOURCE, Replicas};

const SECRET: &str = "6f1d0c2b3a495867768594a3b2c1d0ef00112233445566778899aabbccddeeff";

/// The state key of the replicas in base64.
const STATE_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[tokio::test]
async fn an_operator_revokes_at_one_replica_and_the_others_refuse_within_a_second() {
    let replicas = Replicas::start().await;
    let (folder, admin) = (Folder::new(), free_address());
    folder.write_secret("admin.secret", SECRET);
    let file = folder.path().join("admin.secret").display().to_string();
    let server = tool_server::protected_unverified_server(&Runs::default());
    let server = server.with_clock(replicas.clock.clone());
    let running = RunningServer::start_as(server, |address| {
        let variables = [
            ("TOOLGATE_BIND", address.to_string()),
            ("TOOLGATE_RESOURCE", RESOURCE.to_owned()),
            (
                "TOOLGATE_AUTHORIZATION_SERVERS",
                replicas.issuer.url().to_owned(),
            ),
            ("TOOLGATE_STATE_KEY", STATE_KEY.to_owned()),
            ("TOOLGATE_ADMIN_BIND", admin.to_string()),
            ("TOOLGATE_ADMIN_SECRET_FILE", file.clone()),
        ];
        let environment: Environment = variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let config = Config::from_environment(&environment, 9).expect("valid");
        config.with_store(replicas.store.clone())
    })
    .await;
    let ready = reqwest::get(running.url("/healthz")).await;
    assert_eq!(ready.expect("an answer").status(), 200);
    let act = async |action: Value| {
        let sent = reqwest::Client::new()
            .post(format!("http://{admin}/v1/actions"))
            .bearer_auth(SECRET)
            .json(&action)
            .send();
        sent.await.expect("an answer").status().as_u16()
    };
    let token = replicas.token("desk:read");
    let token = token.claim("sub", json!("mallory")).build();
    assert_eq!(replicas.call(0, &token).await.status, 200);
    let mut action = json!({"issuer": replicas.issuer.url(), "subject": "mallory"});
    for (name, expected) in [("revoke", 401), ("lift", 200)] {
        action["action"] = name.into();
        assert_eq!(act(action.clone()).await, 200, "{name}");
        let start = Instant::now();
        for replica in [0, 1] {
            while replicas.call(replica, &token).await.status != expected {
                assert!(start.elapsed() < Duration::from_secs(3), "{name} {replica}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    // A revocation of another process that ends sooner does not replace one without an end.
    let mallory = Revoked::subject(replicas.issuer.url(), "mallory");
    let soon = replicas.clock.now().plus(60);
    let revocations = &replicas.all[1].revocations;
    revocations
        .revoke(mallory.clone(), Some(soon))
        .await
        .expect("it is stored");
    // Each process reads the list four times a second.
    let is_read = || tokio::time::sleep(Duration::from_millis(600));
    is_read().await;
    action["action"] = "revoke".into();
    assert_eq!(act(action.clone()).await, 200);
    replicas.clock.advance(Duration::from_secs(120));
    let start = Instant::now();
    while replicas.call(0, &token).await.status != 401 {
        assert!(start.elapsed() < Duration::from_secs(3), "it has ended");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    revocations.lift(&mallory).await.expect("it is stored");
    is_read().await;
    // The others would not know, so nothing is claimed to be done.
    action["action"] = "revoke".into();
    for conduct in [Conduct::Away, Conduct::Slow] {
        replicas.store.set(conduct);
        assert_eq!(act(action.clone()).await, 503, "{conduct:?}");
    }
}
