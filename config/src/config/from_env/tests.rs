use std::{env, fs, process};

use super::*;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OLD: &str = "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn read(variables: &[(&str, &str)]) -> Result<Config, String> {
    let environment = variables.iter().copied().collect();
    Config::from_environment(&environment, 8000).map_err(|errors| errors.to_string())
}

#[test]
fn a_rotated_state_key_is_read_with_the_previous_one() {
    let config = read(&[(STATE_KEY, &format!("{KEY}, {OLD}"))]).unwrap();
    let settings = config.validate().unwrap();
    assert_eq!(settings.state_key().map(|key| key[0]), Some(0));
    assert_eq!(settings.previous_state_key().map(|key| key[0]), Some(0x1f));
    let told = read(&[(STATE_KEY, &format!("{KEY},{OLD},{KEY}"))]).unwrap_err();
    assert!(told.contains("more than two keys"), "{told}");
}

#[test]
fn switches_and_the_time_to_drain_are_read() {
    let config = read(&[(SESSIONS, "off"), (BANNER, "off"), (DRAIN, "10")]).unwrap();
    let settings = config.validate().unwrap();
    assert!(!settings.has_sessions() && !settings.has_banner());
    assert_eq!(settings.drain(), Duration::from_secs(10));
    let told = read(&[(SESSIONS, "no"), (BANNER, "0"), (DRAIN, "301")]).unwrap_err();
    for part in [
        "TOOLGATE_SESSIONS is \"no\", which is neither on nor off",
        "TOOLGATE_BANNER is \"0\"",
        "TOOLGATE_DRAIN_SECONDS is \"301\", which is not a number of seconds up to 300",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn a_secret_is_read_from_its_file() {
    let path = env::temp_dir().join(format!("toolgate-secret-{}", process::id()));
    let file = path.to_str().unwrap();
    fs::write(&path, format!("{KEY}\n")).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let config = read(&[("TOOLGATE_STATE_KEY_FILE", file)]).unwrap();
    let both = read(&[("TOOLGATE_STATE_KEY_FILE", file), (STATE_KEY, OLD)]).unwrap_err();
    fs::write(&path, " \n").unwrap();
    let empty = read(&[("TOOLGATE_STATE_KEY_FILE", file)]).unwrap_err();
    fs::remove_file(&path).unwrap();
    let absent = read(&[("SCALEKIT_CLIENT_SECRET_FILE", file)]).unwrap_err();
    assert!(config.validate().unwrap().state_key().is_some());
    assert!(both.contains("are both set"), "{both}");
    assert!(empty.contains("which is empty"), "{empty}");
    assert!(
        absent.contains("SCALEKIT_CLIENT_SECRET_FILE is") && absent.contains("cannot be read"),
        "{absent}"
    );
}

#[test]
fn introspection_needs_both_credentials_and_one_issuer() {
    let [id, secret] = INTROSPECTION;
    let one = (ISSUERS, "https://a.example");
    let config = read(&[(id, "news"), (secret, "geheim"), one]).unwrap();
    let settings = config.validate().unwrap();
    assert!(settings.issuers()[0].settings().introspection().is_some());
    assert!(settings.notes()[0].contains("https://a.example"));
    assert!(!format!("{config:?}").contains("geheim"));
    let two = (ISSUERS, "https://a.example,https://b.example");
    for (variables, says) in [
        (vec![(id, "news"), one], "only one of"),
        (vec![(secret, "geheim"), one], "only one of"),
        (vec![(id, "news"), (secret, "geheim")], "but no issuer is"),
        (
            vec![(id, "news"), (secret, "geheim"), two],
            "several issuers",
        ),
    ] {
        let told = read(&variables).unwrap_err();
        assert!(told.contains(says) && !told.contains("geheim"), "{told}");
    }
}

#[test]
fn quotation_marks_that_reach_a_value_are_named_once() {
    for quote in ['"', '\''] {
        let value = format!("{quote}https://mcp.example.com/mcp{quote}");
        let told = read(&[(RESOURCE, &value)]).unwrap_err();
        let says = format!("TOOLGATE_RESOURCE begins with the character {quote}");
        assert!(told.contains(&says) && !told.contains("reasons"), "{told}");
    }
}

#[test]
fn the_url_of_a_metadata_document_is_no_issuer() {
    for (url, meant) in [
        (
            "https://a.example/x/.well-known/openid-configuration",
            "probably \"https://a.example/x\"",
        ),
        (
            "https://a.example/.well-known/oauth-authorization-server/x",
            "probably \"https://a.example/x\"",
        ),
    ] {
        let told = read(&[(ISSUERS, url)]).unwrap_err();
        assert!(told.contains(meant) && told.contains(url), "{told}");
    }
}
