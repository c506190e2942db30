//! [`TraceSettings`]: the variables of OpenTelemetry, which operators and collectors know.
//!
//! The specification lets a program ignore a value that it cannot read. Here it is an error: a
//! server that silently sends no traces is noticed only when they are needed.

use std::{fmt, time::Duration};

use url::Url;

use crate::sampler::{SAMPLERS, Sampler};

mod endpoint;
mod pairs;
#[cfg(test)]
mod tests;

const DISABLED: &str = "OTEL_SDK_DISABLED";
const EXPORTER: &str = "OTEL_TRACES_EXPORTER";
const ENDPOINT: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];
const PROTOCOL: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
];
const TIMEOUT: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
];
const COMPRESSION: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
    "OTEL_EXPORTER_OTLP_COMPRESSION",
];
const CERTIFICATES: [&str; 6] = [
    "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
];
const SERVICE: &str = "OTEL_SERVICE_NAME";
const RESOURCE: &str = "OTEL_RESOURCE_ATTRIBUTES";
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SHARE: &str = "OTEL_TRACES_SAMPLER_ARG";
const DELAY: &str = "OTEL_BSP_SCHEDULE_DELAY";
const QUEUE: &str = "OTEL_BSP_MAX_QUEUE_SIZE";
const BATCH: &str = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE";
const EXPORT_TIMEOUT: &str = "OTEL_BSP_EXPORT_TIMEOUT";

/// The attribute of the resource that names the service.
const SERVICE_KEY: &str = "service.name";

/// The variables that hold secrets: the headers of the requests to a collector, for example its
/// API key.
pub const SECRET_NAMES: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    "OTEL_EXPORTER_OTLP_HEADERS",
];

/// Every variable that is read, without the secrets.
pub const NAMES: [&str; 18] = [
    DISABLED,
    EXPORTER,
    ENDPOINT[0],
    ENDPOINT[1],
    PROTOCOL[0],
    PROTOCOL[1],
    TIMEOUT[0],
    TIMEOUT[1],
    COMPRESSION[0],
    COMPRESSION[1],
    SERVICE,
    RESOURCE,
    SAMPLER,
    SHARE,
    DELAY,
    QUEUE,
    BATCH,
    EXPORT_TIMEOUT,
];

/// The error of a variable, and the fix.
pub type SettingError = (String, String);

/// Where traces are sent, and how. `Debug` prints no header.
#[derive(Clone)]
pub struct TraceSettings {
    pub(crate) endpoint: Url,
    pub(crate) headers: Vec<(String, String)>,
    /// The time for one request.
    pub(crate) timeout: Duration,
    /// The time limit for all attempts to send a batch.
    pub(crate) export_timeout: Duration,
    /// How long a span waits for further spans of its batch.
    pub(crate) delay: Duration,
    pub(crate) queue: usize,
    pub(crate) batch: usize,
    pub(crate) sampler: Sampler,
    /// The attributes of the resource that sends the spans.
    pub(crate) resource: Vec<(String, String)>,
}

impl TraceSettings {
    /// Reads the variables. Returns `None` if no endpoint is set, or if traces are switched off: then
    /// nothing else is read, because the variables can be meant for another library of the program.
    ///
    /// # Errors
    ///
    /// Returns every error, each with its remedy.
    pub fn read<'a>(
        get: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Option<Self>, Vec<SettingError>> {
        let mut reader = Reader {
            get,
            errors: Vec::new(),
        };
        let Some([name, text]) = reader.first(ENDPOINT) else {
            return Ok(None);
        };
        if !reader.is_on() {
            return Ok(None);
        }
        let endpoint = endpoint::read(name, text, name == ENDPOINT[1])
            .map_err(|error| reader.errors.push(error))
            .ok();
        reader.check_unsupported();
        let (queue, batch) = (reader.count(QUEUE, 2048), reader.count(BATCH, 512));
        let timeout = reader.milliseconds(&TIMEOUT, 10_000);
        let export_timeout = reader.milliseconds(&[EXPORT_TIMEOUT], 30_000);
        let delay = reader.milliseconds(&[DELAY], 5_000);
        let (headers, resource) = (reader.headers(), reader.resource());
        let sampler = reader.sampler();
        let settings = endpoint.map(|endpoint| Self {
            endpoint,
            headers,
            timeout,
            export_timeout,
            delay,
            queue,
            batch: batch.min(queue),
            sampler,
            resource,
        });
        match reader.errors.is_empty() {
            true => Ok(settings),
            false => Err(reader.errors),
        }
    }

    /// Returns the settings with the name of the server, unless a variable states another one.
    #[must_use]
    pub fn with_server_name(mut self, name: &str) -> Self {
        if !self.resource.iter().any(|(key, _)| key == SERVICE_KEY) {
            self.resource
                .push((SERVICE_KEY.to_owned(), name.to_owned()));
        }
        self
    }

    /// Returns the address of the collector, for messages: without its query.
    #[must_use]
    pub fn endpoint(&self) -> String {
        let mut shown = self.endpoint.clone();
        shown.set_query(None);
        shown.to_string()
    }

    /// Returns a warning if the headers, which can be secrets, are sent without encryption to another
    /// machine.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let is_exposed = self.endpoint.scheme() == "http"
            && !self.headers.is_empty()
            && !endpoint::is_loopback(&self.endpoint);
        is_exposed.then(|| {
            format!(
                "the headers for {} are sent without encryption; use https if they hold a secret",
                self.endpoint()
            )
        })
    }
}

impl fmt::Debug for TraceSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceSettings")
            .field("endpoint", &self.endpoint())
            .finish_non_exhaustive()
    }
}

struct Reader<G> {
    get: G,
    errors: Vec<SettingError>,
}

impl<'a, G: Fn(&str) -> Option<&'a str>> Reader<G> {
    fn add(&mut self, what: impl Into<String>, remedy: impl Into<String>) {
        self.errors.push((what.into(), remedy.into()));
    }

    /// Returns the first variable that is set, and its value: the one for traces before the one for
    /// all signals.
    fn first<'n: 'v, 'v>(&self, names: [&'n str; 2]) -> Option<[&'v str; 2]>
    where
        'a: 'v,
    {
        let found = |name: &'n str| Some([name, (self.get)(name)?]);
        names.into_iter().find_map(found)
    }

    /// Returns whether traces are not switched off.
    fn is_on(&mut self) -> bool {
        let is_disabled =
            (self.get)(DISABLED).is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let exporter = (self.get)(EXPORTER).unwrap_or("otlp");
        if !is_disabled && !matches!(exporter, "otlp" | "none") {
            self.add(
                format!("{EXPORTER} is {exporter:?}, which this server does not have"),
                "write otlp, or none to switch traces off",
            );
        }
        !is_disabled && exporter != "none"
    }

    /// Adds an error for each setting that this server does not support.
    fn check_unsupported(&mut self) {
        if let Some([name, protocol]) = self.first(PROTOCOL)
            && protocol != "http/protobuf"
        {
            self.add(
                format!("{name} is {protocol:?}, and this server sends http/protobuf"),
                "write http/protobuf, and the port of the collector for it, usually 4318",
            );
        }
        if let Some([name, compression]) = self.first(COMPRESSION)
            && compression != "none"
        {
            self.add(
                format!("{name} is {compression:?}, and this server does not compress traces"),
                "write none, or remove the variable",
            );
        }
        for name in CERTIFICATES {
            if (self.get)(name).is_some() {
                self.add(
                    format!("{name} is set, and this server uses the certificates of the system"),
                    "add the authority to the certificates of the system, or send to a collector on this machine, and remove the variable",
                );
            }
        }
    }

    fn milliseconds(&mut self, names: &[&'static str], default: u64) -> Duration {
        let set = names
            .iter()
            .find_map(|name| Some((*name, (self.get)(name)?)));
        let Some((name, text)) = set else {
            return Duration::from_millis(default);
        };
        match text.parse() {
            // At most an hour, so that sums of times do not overflow.
            Ok(time @ 1..=3_600_000) => Duration::from_millis(time),
            _ => {
                self.add(
                    format!("{name} is {text:?}, which is not a time in milliseconds"),
                    format!("write a number from 1 to 3600000, such as {default}"),
                );
                Duration::from_millis(default)
            }
        }
    }

    fn count(&mut self, name: &'static str, default: usize) -> usize {
        let Some(text) = (self.get)(name) else {
            return default;
        };
        match text.parse() {
            // Bounds the memory: a span takes up to some kilobytes.
            Ok(count @ 1..=1_000_000) => count,
            _ => {
                self.add(
                    format!("{name} is {text:?}, which is not a number of spans"),
                    format!("write a number from 1 to 1000000, such as {default}"),
                );
                default
            }
        }
    }

    fn sampler(&mut self) -> Sampler {
        let share = match (self.get)(SHARE) {
            None => 1.0,
            Some(text) => match text.parse() {
                Ok(share) if (0.0..=1.0).contains(&share) => share,
                _ => {
                    self.add(
                        format!("{SHARE} is {text:?}, which is not a share"),
                        "write a number from 0 to 1, such as 0.1",
                    );
                    1.0
                }
            },
        };
        let Some(name) = (self.get)(SAMPLER) else {
            return Sampler::default();
        };
        Sampler::named(name, share).unwrap_or_else(|| {
            self.add(
                format!("{SAMPLER} is {name:?}, which this server does not have"),
                format!("write one of {}", SAMPLERS.join(", ")),
            );
            Sampler::default()
        })
    }

    /// Reads the headers. No error contains a part of them: they can be secrets.
    fn headers(&mut self) -> Vec<(String, String)> {
        let Some([name, text]) = self.first(SECRET_NAMES) else {
            return Vec::new();
        };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let is_value = |byte: u8| byte == b'\t' || (b' '..=b'~').contains(&byte);
        let headers = pairs::read(text).filter(|headers| {
            headers.iter().all(|(name, value)| {
                // RFC 9110 §5.5: another byte would end the header or the request.
                name.bytes().all(is_name) && value.bytes().all(is_value)
            })
        });
        headers.unwrap_or_else(|| {
            self.add(
                format!("{name} is not a list of headers"),
                "write name=value, with commas between several, and percent-encode other characters in the values",
            );
            Vec::new()
        })
    }

    /// Reads the attributes of the resource, and adds those of this library.
    fn resource(&mut self) -> Vec<(String, String)> {
        let stated = (self.get)(RESOURCE).map_or(Some(Vec::new()), pairs::read);
        let mut attributes = stated.unwrap_or_else(|| {
            self.add(
                format!("{RESOURCE} is not a list of attributes"),
                "write key=value, with commas between several, and percent-encode commas and equals signs in the values",
            );
            Vec::new()
        });
        if let Some(name) = (self.get)(SERVICE) {
            attributes.retain(|(key, _)| key != SERVICE_KEY);
            attributes.push((SERVICE_KEY.to_owned(), name.to_owned()));
        }
        attributes.retain(|(key, _)| !key.starts_with("telemetry.sdk."));
        let sdk = [
            ("telemetry.sdk.language", "rust"),
            ("telemetry.sdk.name", "toolgate"),
            ("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
        ];
        attributes.extend(sdk.map(|(key, value)| (key.to_owned(), value.to_owned())));
        attributes
    }
}
