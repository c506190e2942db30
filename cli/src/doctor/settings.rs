//! The settings of a program, as `--print-config --json` prints them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde_json::Value;

use crate::json_memory_limit;

/// The version of the JSON that this command reads.
const VERSION: u64 = 1;

/// What the checks need of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) resource: String,
    pub(super) bind: SocketAddr,
    /// The path of the endpoint in requests that arrive at the server.
    pub(super) endpoint: String,
    pub(super) audiences: Vec<String>,
    pub(super) issuers: Vec<String>,
    pub(super) may_issue_for_development: bool,
    pub(super) introspects: bool,
    pub(super) origins: Vec<String>,
    pub(super) leeway: u64,
    pub(super) has_state_key: bool,
    pub(super) warnings: Vec<String>,
}

impl Settings {
    /// Reads the output of the program.
    ///
    /// # Errors
    ///
    /// Returns what is missing.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let report: Value =
            json_memory_limit::read(text.as_bytes()).ok_or("the output is not JSON")?;
        if report["version"] != VERSION {
            return Err(format!("`version` is {}, not {VERSION}", report["version"]));
        }
        let value = |name: &str| &report["settings"][name]["value"];
        let missing = |name: &str| format!("`settings.{name}` is missing");
        let text = |name: &str| {
            let text = value(name).as_str().map(str::to_owned);
            text.ok_or_else(|| missing(name))
        };
        let list = |value: &Value| {
            let texts = value.as_array()?.iter().map(Value::as_str);
            let texts: Option<Vec<_>> = texts.map(|text| text.map(str::to_owned)).collect();
            texts
        };
        let texts = |name: &str| list(value(name)).ok_or_else(|| missing(name));
        let switch = |name: &str| value(name).as_bool().ok_or_else(|| missing(name));
        Ok(Self {
            resource: text("resource")?,
            bind: text("bind")?.parse().map_err(|_| missing("bind"))?,
            endpoint: text("endpoint")?,
            audiences: texts("audiences")?,
            issuers: texts("issuers")?,
            may_issue_for_development: switch("development_issuer")?,
            introspects: switch("introspection")?,
            origins: texts("origins")?,
            leeway: value("leeway_seconds")
                .as_u64()
                .ok_or_else(|| missing("leeway_seconds"))?,
            has_state_key: switch("state_key")?,
            warnings: list(&report["warnings"]).ok_or("`warnings` is missing")?,
        })
    }

    /// Returns a URL of the server without the proxy before it, if there is one.
    pub(super) fn local(&self, path: &str) -> String {
        let ip = match self.bind.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        format!("http://{}{path}", SocketAddr::new(ip, self.bind.port()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn printed() -> Value {
        let value = |value: Value| json!({"value": value, "from": null});
        json!({
            "version": 1,
            "settings": {
                "resource": value("https://mcp.example.com/mcp".into()),
                "bind": value("0.0.0.0:8000".into()),
                "endpoint": value("/mcp".into()),
                "audiences": value(json!(["https://mcp.example.com/mcp"])),
                "issuers": value(json!([])),
                "development_issuer": value(false.into()),
                "introspection": value(false.into()),
                "origins": value(json!([])),
                "leeway_seconds": value(30.into()),
                "state_key": value(false.into()),
            },
            "warnings": ["w"],
        })
    }

    #[test]
    fn the_local_address_of_all_interfaces_is_loopback() {
        let settings = Settings::read(&printed().to_string()).unwrap();
        assert_eq!(settings.local("/readyz"), "http://127.0.0.1:8000/readyz");
    }

    #[test]
    fn what_is_missing_or_of_another_version_is_named() {
        let names: Vec<_> = printed()["settings"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        for name in names {
            let mut other = printed();
            other["settings"].as_object_mut().unwrap().remove(&name);
            let error = Settings::read(&other.to_string()).unwrap_err();
            assert!(error.contains(&name), "{name}: {error}");
        }
        let mut other = printed();
        other["version"] = 2.into();
        assert!(
            Settings::read(&other.to_string())
                .unwrap_err()
                .contains('2')
        );
        assert!(Settings::read("Settings\n").is_err());
    }
}
