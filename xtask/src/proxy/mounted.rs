//! Two servers and a gate with issuers of their own, in one application behind the proxy.

use std::{fs, path::Path};

use super::{
    curl::{Curl, Request},
    endpoint::Endpoint,
    issuer::{Issuer, Scripts},
    nginx::Site,
    nginx_example::{NginxExample, Prefix},
    origin,
};
use crate::{
    Error,
    child_process::{Server, free_port},
    client_installer::Tools,
};

/// The paths of the servers, and the scope that `read` needs there.
const SERVERS: [(&str, &str); 3] = [
    ("/notes/desk", "desk:read"),
    ("/notes/ledger", "ledger:read"),
    ("/notes/nested", "desk:read"),
];

/// What the checks show, in the order of their results.
pub(super) const SHOWN: [&str; 3] = [
    "two servers and a gate in one application: each has its metadata, its issuer and its hosts",
    "each of them accepts a token of its own issuer alone",
    "the application's own `/healthz` is served",
];

/// The application.
#[derive(Debug)]
pub(super) struct Mounted {
    public: u16,
    bind: u16,
    resources: Vec<String>,
    issuers: Vec<Issuer>,
    _server: Server,
}

impl Mounted {
    pub(super) fn start(tools: &Tools, folder: &Path) -> Result<Self, Error> {
        let folder = folder.join("mounted");
        fs::create_dir_all(&folder)?;
        let (public, bind) = (free_port()?, free_port()?);
        let resources = SERVERS.map(|(path, _)| format!("{}{path}/mcp", origin(public)));
        let issuers = SERVERS
            .iter()
            .zip(&resources)
            .map(|((path, scope), resource)| {
                let folder = folder.join(path.trim_start_matches("/notes/"));
                Issuer::start(tools, &folder, resource, &[scope])
            });
        let issuers = issuers.collect::<Result<Vec<_>, _>>()?;
        let names: Vec<_> = issuers.iter().map(|issuer| issuer.name.as_str()).collect();
        let mut server = tools.program("examples/mounted_server");
        server
            .current_dir(&folder)
            .env("INTEROP_BIND", format!("127.0.0.1:{bind}"))
            .env("INTEROP_ORIGIN", origin(public))
            .env("INTEROP_ISSUERS", names.join(","));
        let server = Server::start(&mut server, bind, &folder.join("server.log"))?;
        Ok(Self {
            public,
            bind,
            resources: resources.into(),
            issuers,
            _server: server,
        })
    }

    pub(super) fn site(&self, example: &NginxExample) -> Site {
        Site {
            port: self.public,
            directives: String::new(),
            locations: example.locations(Prefix::Kept, self.bind),
        }
    }

    /// Runs all checks, and returns their results in the order of [`SHOWN`].
    pub(super) fn check(&self, scripts: &Scripts<'_>, curl: &Curl) -> [Result<(), String>; 3] {
        let origin = origin(self.public);
        let tokens = self.resources.iter().zip(SERVERS);
        let tokens = tokens.map(|(resource, (_, scope))| scripts.log_in(resource, &[scope]));
        let tokens = match tokens.collect::<Result<Vec<_>, _>>() {
            Ok(tokens) => tokens,
            Err(error) => return SHOWN.map(|_| Err(error.to_string())),
        };
        let servers = self.resources.iter().zip(&self.issuers).zip(&tokens);
        let endpoints: Vec<_> = servers
            .map(|((resource, issuer), token)| Endpoint {
                curl,
                origin: &origin,
                resource,
                issuer: &issuer.name,
                tool: "read",
                shows: "read ran",
                reader: token,
                writer: token,
            })
            .collect();
        let checked = endpoints.iter().try_for_each(|endpoint| {
            let mut checks = Endpoint::MOUNTED_CHECKS.iter();
            checks.try_for_each(|(name, check)| {
                check(endpoint).map_err(|error| format!("{}, {name}: {error}", endpoint.resource))
            })
        });
        let separated = endpoints
            .iter()
            .enumerate()
            .try_for_each(|(one, endpoint)| {
                let foreign = tokens.iter().enumerate().filter(|(other, _)| one != *other);
                let foreign: Vec<_> = foreign.map(|(_, token)| token.as_str()).collect();
                endpoint.accepts_token_alone(&foreign)
            });
        let own = format!("{origin}/notes/healthz");
        let own = curl.send(&Request::get(own)).and_then(|answer| {
            let answer = answer.expect_status(200)?;
            match answer.body == "own health" {
                true => Ok(()),
                false => Err(format!("another page: {answer}").into()),
            }
        });
        let text = |error: Error| error.to_string();
        [checked, separated.map_err(text), own.map_err(text)]
    }
}
