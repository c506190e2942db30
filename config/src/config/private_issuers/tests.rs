use super::*;
use crate::{config::ValidConfig, issuer::Issuer, start_error::StartError, verify::IssuerVerifier};

fn validate(variables: &[(&str, &str)]) -> Result<ValidConfig, StartError> {
    let mut variables = variables.to_vec();
    variables.push(("TOOLGATE_RESOURCE", "https://mcp.example.com/mcp"));
    let config = Config::from_environment(&variables.into_iter().collect(), 8000);
    config.and_then(|config| config.validate())
}

/// Returns which of the issuers can be used.
fn usable(settings: &ValidConfig) -> Vec<bool> {
    let issuers = settings.issuers().iter().map(ValidIssuer::settings);
    issuers
        .map(|issuer| IssuerVerifier::new([issuer.clone()]).is_ok())
        .collect()
}

const ISSUERS: (&str, &str) = (
    "TOOLGATE_AUTHORIZATION_SERVERS",
    "https://10.0.0.5/realms/mcp,https://10.0.0.6,https://169.254.169.254",
);

#[test]
fn a_private_issuer_is_named_by_its_host_and_opens_no_other() {
    assert_eq!(
        usable(&validate(&[ISSUERS]).unwrap()),
        [false, false, false]
    );
    let hosts = ("TOOLGATE_PRIVATE_ISSUERS", "10.0.0.5, 169.254.169.254");
    let settings = validate(&[ISSUERS, hosts]).unwrap();
    assert_eq!(usable(&settings), [true, false, false]);
}

#[test]
fn the_error_for_a_private_issuer_names_the_variable() {
    let settings = validate(&[ISSUERS]).unwrap();
    let issuer = settings.issuers()[0].settings().clone();
    let told = IssuerVerifier::new([issuer]).unwrap_err().to_string();
    assert!(told.contains("its address is private"), "{told}");
    assert!(told.contains("TOOLGATE_PRIVATE_ISSUERS"), "{told}");
}

#[test]
fn a_host_that_is_none_or_of_no_issuer_is_an_error() {
    for (hosts, part) in [
        (
            "https://10.0.0.5",
            "\"https://10.0.0.5\", which is not a host",
        ),
        ("10.0.0.5:8443", "\"10.0.0.5:8443\", which is not a host"),
        ("10.0.0.0/8", "\"10.0.0.0/8\", which is not a host"),
        (
            "10.0.0.7",
            "\"10.0.0.7\", which is the host of no configured issuer",
        ),
    ] {
        let told = validate(&[ISSUERS, ("TOOLGATE_PRIVATE_ISSUERS", hosts)]);
        let told = told.unwrap_err().to_string();
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn a_proxy_is_a_setting_that_the_start_warns_of_without_its_password() {
    let issuer = Issuer::new("https://as.example").with_proxy("http://user:geheim@proxy:3128");
    let config = Config::new("https://mcp.example.com/mcp").with_issuer(issuer);
    let settings = config.validate().unwrap();
    let told = settings.warnings().join("\n");
    assert!(
        told.contains("\"https://as.example\" go through a proxy"),
        "{told}"
    );
    assert!(told.contains("replace those of this server"), "{told}");
    assert!(!format!("{told} {settings:?}").contains("geheim"));
}
