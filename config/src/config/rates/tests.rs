use super::*;

fn config(variables: &[(&str, &str)]) -> Config {
    let environment = Environment::from_iter(variables.iter().copied());
    super::super::from_env::config_from(&environment, 8000)
}

#[track_caller]
fn told(config: &Config) -> String {
    config.validate().unwrap_err().to_string()
}

#[test]
fn rates_and_proxies_are_read_from_the_environment() {
    let config = config(&[
        (CALLER_RATE, "600/min burst 100"),
        (UNAUTHENTICATED_RATE, "5/s"),
        (FAILED_RATE, "30/h"),
        (PROXIES, "10.0.0.0/8, 2001:db8::1"),
    ]);
    let valid = config.validate().unwrap();
    let rates = valid.rates();
    assert_eq!(rates.caller, Some(Rate::per_minute(600).with_burst(100)));
    assert_eq!(rates.unauthenticated, Some(Rate::per_second(5)));
    assert_eq!(rates.failures, Some(Rate::per_hour(30)));
    let proxies = rates.proxies.as_ref().unwrap().networks();
    assert_eq!(proxies, ["10.0.0.0/8", "2001:db8::1/128"]);
}

#[test]
fn nothing_is_limited_by_default() {
    let valid = config(&[]).validate().unwrap();
    assert!(valid.rates().caller.is_none() && !valid.rates().limits_unauthenticated());
    assert!(valid.rates().proxies.is_none());
}

/// Behind a proxy that is not named, all clients have one address.
#[test]
fn a_rate_by_address_needs_to_know_the_proxies() {
    for name in [UNAUTHENTICATED_RATE, FAILED_RATE] {
        let told = told(&config(&[(name, "60/min")]));
        assert!(
            told.contains("it is not known which peers are proxies"),
            "{told}"
        );
        assert!(told.contains("set TOOLGATE_TRUSTED_PROXIES"), "{told}");
        let known = config(&[(name, "60/min"), (PROXIES, "none")]);
        let valid = known.validate().unwrap();
        assert_eq!(valid.rates().proxies, Some(TrustedProxies::default()));
    }
    // Callers are known by their tokens.
    assert!(config(&[(CALLER_RATE, "60/min")]).validate().is_ok());
    let code = Config::new("http://127.0.0.1:8000/mcp");
    let code = code.with_unauthenticated_rate(Rate::per_minute(60));
    assert!(code.validate().is_err());
    assert!(code.with_trusted_proxies([""; 0]).validate().is_ok());
}

#[test]
fn every_wrong_value_is_reported_with_its_remedy() {
    let told = told(&config(&[
        (CALLER_RATE, "600 per minute"),
        (UNAUTHENTICATED_RATE, "0/s"),
        (FAILED_RATE, "5/day"),
        (PROXIES, "none, 0.0.0.0/0, proxy.internal"),
    ]));
    for part in [
        "TOOLGATE_CALLER_RATE is \"600 per minute\", which is not a rate",
        "TOOLGATE_UNAUTHENTICATED_RATE is \"0/s\"",
        "TOOLGATE_FAILED_AUTHENTICATION_RATE is \"5/day\"",
        "TOOLGATE_TRUSTED_PROXIES \"none\" is neither",
        "TOOLGATE_TRUSTED_PROXIES \"0.0.0.0/0\" is the network of all addresses",
        "TOOLGATE_TRUSTED_PROXIES \"proxy.internal\" is neither",
        "`600/min burst 100`",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    let empty = config(&[(PROXIES, " , ")]);
    assert!(self::told(&empty).contains("names no proxy"));
    let code = Config::new("http://127.0.0.1:8000/mcp")
        .with_caller_rate(Rate::per_minute(0))
        .with_trusted_proxies(["10.0.0.1/8"]);
    let told = self::told(&code);
    assert!(
        told.contains("the rate of a caller allows 0 requests"),
        "{told}"
    );
    assert!(told.contains("10.0.0.0/8"), "{told}");
}
