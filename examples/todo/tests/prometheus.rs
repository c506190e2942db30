//! A real Prometheus scrapes `todo`: every query of the dashboard returns a series.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use support::{
    MockIssuer,
    client::{Client, Revision},
    server_process::{Folder, Program, free_address},
};

/// A process of Prometheus, which ends when this value is dropped.
struct Prometheus {
    process: Child,
    origin: String,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Prometheus {
    fn start(folder: &Folder, target: &str) -> Self {
        let rules = deployment("alerts.yml");
        folder.write(
            "prometheus.yml",
            &format!(
                "global: {{scrape_interval: 200ms}}\nrule_files: [{rules:?}]\nscrape_configs:\n  - job_name: todo\n    static_configs: [{{targets: [{target:?}]}}]\n"
            ),
        );
        let address = free_address();
        let process = Command::new("prometheus")
            .current_dir(folder.path())
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Prometheus is installed");
        Self {
            process,
            origin: format!("http://{address}"),
        }
    }

    /// Waits for series of a query, and returns them.
    async fn series(&self, query: &str) -> Vec<Value> {
        let mut url = reqwest::Url::parse(&self.origin).expect("a URL");
        url.set_path("/api/v1/query");
        url.query_pairs_mut().append_pair("query", query);
        for _ in 0..100 {
            if let Ok(answer) = reqwest::get(url.clone()).await
                && let Ok(text) = answer.text().await
                && let Ok(answer) = serde_json::from_str::<Value>(&text)
                && let Some(series) = answer["data"]["result"].as_array()
                && !series.is_empty()
            {
                return series.clone();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Vec::new()
    }
}

fn deployment(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/deploy/prometheus");
    Path::new(folder).join(name).display().to_string()
}

#[tokio::test]
async fn every_query_of_the_dashboard_returns_a_series() {
    let folder = Folder::new();
    let issuer = MockIssuer::start().await;
    let (address, metrics) = (free_address(), free_address());
    let server = Program::new(env!("CARGO_BIN_EXE_todo"), &folder)
        .var("TOOLGATE_BIND", address.to_string())
        .var("TOOLGATE_METRICS_BIND", metrics.to_string())
        // The keys of the development issuer are fixed, so they have no age.
        .var("TOOLGATE_AUTHORIZATION_SERVERS", issuer.url())
        .start()
        .listens_on(address)
        .await;
    let token = issuer.token().audience(&server.resource());
    let token = token.scope("todo:read").build();
    let ada = Client::new(server.resource(), Revision::Stateless).with_token(token);
    assert_eq!(ada.call("list_todos", json!({})).await.status, 200);
    assert_eq!(
        ada.call("add_todo", json!({"title": "a"})).await.status,
        403
    );
    let prometheus = Prometheus::start(&folder, &metrics.to_string());
    let dashboard = fs::read_to_string(deployment("dashboard.json")).expect("a dashboard");
    let dashboard: Value = serde_json::from_str(&dashboard).expect("JSON");
    let mut queries = 0;
    for panel in dashboard["panels"].as_array().expect("panels") {
        for target in panel["targets"].as_array().expect("targets") {
            let query = target["expr"].as_str().expect("a query");
            assert!(!prometheus.series(query).await.is_empty(), "{query}");
            queries += 1;
        }
    }
    assert!(queries > 10, "{queries}");
    let unknown = prometheus.series("toolgate_no_such_metric").await;
    assert!(unknown.is_empty(), "{unknown:?}");
}
