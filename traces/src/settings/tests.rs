use super::*;

fn read(variables: &[(&str, &'static str)]) -> Result<Option<TraceSettings>, Vec<SettingError>> {
    let get = |name: &str| {
        let found = variables.iter().find(|(of, _)| *of == name);
        found.map(|(_, value)| *value)
    };
    TraceSettings::read(get)
}

fn valid(variables: &[(&str, &'static str)]) -> TraceSettings {
    let base = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")];
    let all = [variables, &base].concat();
    read(&all).expect("valid").expect("an endpoint")
}

#[test]
fn without_an_endpoint_nothing_is_read() {
    assert!(read(&[]).unwrap().is_none());
    let other = [("OTEL_TRACES_SAMPLER", "of another library")];
    assert!(read(&other).unwrap().is_none());
}

#[test]
fn the_endpoint_for_traces_is_used_as_it_is_and_the_other_gets_a_path() {
    let base = |url| valid(&[("OTEL_EXPORTER_OTLP_ENDPOINT", url)]).endpoint();
    assert_eq!(base("http://c:4318"), "http://c:4318/v1/traces");
    assert_eq!(base("https://c/otlp/"), "https://c/otlp/v1/traces");
    let traces = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://c/in?key=k")];
    let settings = valid(&traces);
    assert_eq!(settings.endpoint.as_str(), "https://c/in?key=k");
    assert_eq!(settings.endpoint(), "https://c/in");
}

#[test]
fn traces_are_switched_off_by_the_standard_variables() {
    for (name, value) in [("OTEL_SDK_DISABLED", "TRUE"), (EXPORTER, "none")] {
        let endpoint = (ENDPOINT[1], "http://127.0.0.1:4318");
        assert!(read(&[endpoint, (name, value)]).unwrap().is_none());
    }
}

#[test]
fn every_error_is_reported_with_its_remedy_and_without_a_secret() {
    let errors = read(&[
        (ENDPOINT[1], "http://user:hunter2@c"),
        (EXPORTER, "zipkin"),
        (PROTOCOL[1], "grpc"),
        (COMPRESSION[0], "gzip"),
        (CERTIFICATES[1], "/ca.pem"),
        (TIMEOUT[1], "10s"),
        (QUEUE, "0"),
        (SAMPLER, "xray"),
        (SHARE, "2"),
        (SECRET_NAMES[1], "hunter2"),
        (RESOURCE, "nothing"),
    ])
    .unwrap_err();
    let told: Vec<_> = errors.iter().map(|(what, _)| what.as_str()).collect();
    for part in [
        "OTEL_EXPORTER_OTLP_ENDPOINT has credentials in it",
        "OTEL_TRACES_EXPORTER is \"zipkin\"",
        "OTEL_EXPORTER_OTLP_PROTOCOL is \"grpc\"",
        "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION is \"gzip\"",
        "OTEL_EXPORTER_OTLP_CERTIFICATE is set",
        "OTEL_EXPORTER_OTLP_TIMEOUT is \"10s\"",
        "OTEL_BSP_MAX_QUEUE_SIZE is \"0\"",
        "OTEL_TRACES_SAMPLER is \"xray\"",
        "OTEL_TRACES_SAMPLER_ARG is \"2\"",
        "OTEL_EXPORTER_OTLP_HEADERS is not a list",
        "OTEL_RESOURCE_ATTRIBUTES is not a list",
    ] {
        let is_told = told.iter().any(|what| what.starts_with(part));
        assert!(is_told, "{part}: {told:#?}");
    }
    assert_eq!(told.len(), 11, "{told:#?}");
    assert!(!format!("{errors:?}").contains("hunter2"), "{errors:?}");
    assert!(errors.iter().all(|(_, remedy)| !remedy.is_empty()));
}

#[test]
fn an_endpoint_that_is_no_web_address_is_an_error() {
    for text in ["c:4318", "127.0.0.1", "grpc://c:4317", "/v1/traces"] {
        let errors = read(&[(ENDPOINT[0], text)]).unwrap_err();
        assert_eq!(errors.len(), 1, "{text}: {errors:?}");
    }
}

#[test]
fn headers_are_decoded_and_cannot_break_a_request() {
    let headers = |text| valid(&[(SECRET_NAMES[0], text)]).headers;
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(
        headers("authorization=Bearer%20k=, x-tenant = a "),
        [pair("authorization", "Bearer k="), pair("x-tenant", "a")]
    );
    for text in ["a b=c", "a=%0d%0ab", "=a", "a=%ff"] {
        let variables = [(ENDPOINT[0], "http://c"), (SECRET_NAMES[0], text)];
        assert!(read(&variables).is_err(), "{text}");
    }
    let shown = format!("{:?}", valid(&[(SECRET_NAMES[0], "key=hunter2")]));
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn headers_that_leave_the_machine_without_encryption_are_a_warning() {
    let warning = |endpoint, headers| {
        let endpoint = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint);
        valid(&[endpoint, (SECRET_NAMES[0], headers)]).warning()
    };
    assert!(warning("http://c:4318/", "key=hunter2").is_some());
    for endpoint in ["https://c/", "http://127.9.9.9/", "http://[::1]/"] {
        assert_eq!(warning(endpoint, "key=k"), None);
    }
    assert_eq!(warning("http://c/", ","), None);
}

#[test]
fn the_service_has_a_name() {
    let name = |variables: &[_]| {
        let resource = valid(variables).with_server_name("desk").resource;
        let names: Vec<_> = resource
            .iter()
            .filter(|(key, _)| key == "service.name")
            .map(|(_, name)| name.clone())
            .collect();
        assert_eq!(names.len(), 1);
        names[0].clone()
    };
    let attributes = (RESOURCE, "service.name=from%2Cattributes,a=b");
    assert_eq!(name(&[]), "desk");
    assert_eq!(name(&[attributes]), "from,attributes");
    assert_eq!(name(&[attributes, (SERVICE, "stated")]), "stated");
}

#[test]
fn the_sampler_is_the_named_one() {
    let sampler = valid(&[(SAMPLER, "traceidratio"), (SHARE, "0.25")]).sampler;
    assert_eq!(Some(sampler), Sampler::named("traceidratio", 0.25));
    assert_eq!(valid(&[]).sampler, Sampler::default());
}
