#[cfg(feature = "traces")]
use crate::config::Config;
use crate::config::tests::start_errors;

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");

#[cfg(feature = "traces")]
#[test]
fn the_report_of_the_settings_shows_the_endpoint_and_no_header() {
    let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "key=hunter2");
    let environment = [ENDPOINT, headers].into_iter().collect();
    let config = Config::from_environment(&environment, 9000).unwrap();
    let report = config.report(&environment).unwrap();
    assert!(report.contains("http://127.0.0.1:4318"), "{report}");
    assert!(
        report.contains("OTEL_EXPORTER_OTLP_HEADERS is [redacted]"),
        "{report}"
    );
    assert!(!report.contains("hunter2"), "{report}");
}

#[cfg(feature = "traces")]
#[test]
fn the_headers_can_be_in_a_file() {
    let missing = ("OTEL_EXPORTER_OTLP_HEADERS_FILE", "/nowhere/headers");
    let told = start_errors(&[ENDPOINT, missing]);
    assert!(
        told.contains("OTEL_EXPORTER_OTLP_HEADERS_FILE is \"/nowhere/headers\", which"),
        "{told}"
    );
}

#[cfg(not(feature = "traces"))]
#[test]
fn without_the_feature_the_variables_belong_to_the_application() {
    let sampler = ("OTEL_TRACES_SAMPLER", "of another library");
    assert_eq!(start_errors(&[ENDPOINT, sampler]), "");
    assert!(!crate::config::variable::is_reserved(ENDPOINT.0));
}
