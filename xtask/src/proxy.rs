//! `todo` behind nginx, with TLS and a path prefix that nginx keeps or removes.
//!
//! - [`nginx_example`]: the guide's locations, which nginx runs with
//! - [`certificate`]: the certificate, and its authority
//! - [`nginx`]: the configuration and the process
//! - [`curl`], [`message`]: requests
//! - [`issuer`]: issuers, and logins through the proxy
//! - [`endpoint`]: what a client must find
//! - [`mounted`]: several servers in one application
//! - [`slow_call`]: a call that takes longer than nginx waits

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

use crate::{
    Error,
    child_process::{Server, free_port},
    cli_checks::{self, TODO_CALL},
    client_installer::Tools,
    say,
};

mod certificate;
mod curl;
mod endpoint;
mod issuer;
mod message;
mod mounted;
mod nginx;
mod nginx_example;
mod slow_call;

use curl::Curl;
use endpoint::Endpoint;
use issuer::{Issuer, Scripts};
use mounted::Mounted;
use nginx::Site;
use nginx_example::{NginxExample, Prefix};

/// The scopes of `todo`.
const SCOPES: [&str; 2] = ["todo:read", "todo:write"];

/// The names of the checks that do not test an endpoint.
const LOGIN: &str = "a client that knows the URL alone logs in";
const CHECK: &str = "`toolgate check --login` finds no error";

/// Runs all checks, and writes their table for docs/interop.md.
pub(crate) fn run(tools: &Tools) -> Result<(), Error> {
    let folder = tools.work.join("proxy");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let page = tools
        .scripts
        .with_file_name("docs")
        .join("src/operating/proxies.md");
    let example = NginxExample::read(&fs::read_to_string(page)?)?;
    let authority = certificate::create(&folder)?;
    let curl = Curl::new(&authority, &folder)?;

    let scripts = Scripts { tools, authority };

    let placements = Prefix::ALL.map(|prefix| Placement::start(tools, &example, &folder, prefix));
    let [kept, removed] = placements;
    let (kept, removed) = (kept?, removed?);
    let mounted = Mounted::start(tools, &folder)?;
    let (_slow, slow_site) = start_slow(tools, &example, &folder)?;
    let slow_url = example.resource(&origin(slow_site.port))?;
    let sites = [
        kept.site(&example),
        removed.site(&example),
        mounted.site(&example),
        slow_site,
    ];
    let _nginx = nginx::start(&folder, &sites)?;

    let results = thread::scope(|scope| {
        // Waiting costs no processor time, so the other checks run meanwhile.
        let slow = scope.spawn(|| slow_call::check(&curl, &slow_url));
        let names = Endpoint::CHECKS.iter().map(|(name, _)| *name);
        let names = [LOGIN].into_iter().chain(names).chain([CHECK]);
        let [kept, removed] = [&kept, &removed].map(|one| one.check(&scripts, &curl));
        let todo = names.zip(kept.into_iter().zip(removed));
        let mut results: Vec<Row> = todo
            .map(|(name, (kept, removed))| (name, [Some(kept), Some(removed)]))
            .collect();
        let mounted = mounted.check(&scripts, &curl);
        let mounted = mounted::SHOWN.into_iter().zip(mounted);
        results.extend(mounted.map(|(name, result)| (name, [Some(result), None])));
        let slow = slow.join().map_err(|_| "the slow calls panicked")?;
        let slow = slow_call::SHOWN.into_iter().zip(slow);
        results.extend(slow.map(|(name, result)| (name, [None, Some(result)])));
        Ok::<_, Error>(results)
    })?;
    let table = table(&results);
    fs::write(tools.work.join("proxy.md"), &table)?;
    say(&table);
    let errors = results.into_iter().flat_map(|(name, results)| {
        let errors = results.into_iter().flatten().filter_map(Result::err);
        errors.map(move |error| format!("{name}: {error}"))
    });
    let errors: Vec<_> = errors.collect();
    match errors.is_empty() {
        true => Ok(()),
        false => Err(format!("{}\nsee {}", errors.join("\n"), folder.display()).into()),
    }
}

/// The name of a check, and its results where the prefix is kept and where it is removed.
type Row = (&'static str, [Option<Result<(), String>>; 2]);

/// Returns the results as a table of Markdown.
fn table(results: &[Row]) -> String {
    let cell = |result: &Option<Result<(), String>>| match result {
        Some(Ok(())) => "yes",
        Some(Err(_)) => "FAILED",
        None => "–",
    };
    let rows = results.iter().map(|(name, [kept, removed])| {
        format!("| {name} | {} | {} |\n", cell(kept), cell(removed))
    });
    let rows: String = rows.collect();
    format!("| with nginx and TLS | prefix kept | prefix removed |\n|---|---|---|\n{rows}")
}

/// Returns the public origin of a port of nginx.
fn origin(port: u16) -> String {
    format!("https://localhost:{port}")
}

/// `todo` with an issuer of its own.
#[derive(Debug)]
struct Placement {
    prefix: Prefix,
    folder: PathBuf,
    /// The port of nginx.
    public: u16,
    /// The port of `todo`.
    bind: u16,
    resource: String,
    issuer: Issuer,
    _server: Server,
}

impl Placement {
    fn start(
        tools: &Tools,
        example: &NginxExample,
        folder: &Path,
        prefix: Prefix,
    ) -> Result<Self, Error> {
        let folder = folder.join(prefix.name());
        let (public, bind) = (free_port()?, free_port()?);
        let resource = example.resource(&origin(public))?;
        let issuer = Issuer::start(tools, &folder, &resource, &SCOPES)?;
        let mut server = tools.program("todo");
        server
            .current_dir(&folder)
            .env("TOOLGATE_BIND", format!("127.0.0.1:{bind}"))
            .env("TOOLGATE_AUTHORIZATION_SERVERS", &issuer.name)
            .envs(example.variables(prefix, &origin(public)));
        let server = Server::start(&mut server, bind, &folder.join("server.log"))?;
        Ok(Self {
            prefix,
            folder,
            public,
            bind,
            resource,
            issuer,
            _server: server,
        })
    }

    fn site(&self, example: &NginxExample) -> Site {
        Site {
            port: self.public,
            directives: String::new(),
            locations: example.locations(self.prefix, self.bind),
        }
    }

    /// Runs all checks, and returns their results: [`LOGIN`], [`Endpoint::CHECKS`], [`CHECK`].
    fn check(&self, scripts: &Scripts<'_>, curl: &Curl) -> Vec<Result<(), String>> {
        let log_in = |scopes| scripts.log_in(&self.resource, scopes);
        let tokens = log_in(&SCOPES[..1]).and_then(|reader| Ok((reader, log_in(&SCOPES)?)));
        let (login, (reader, writer)) = match tokens {
            Ok(tokens) => (Ok(()), tokens),
            Err(error) => (Err(error), Default::default()),
        };
        let endpoint = Endpoint {
            curl,
            origin: &origin(self.public),
            resource: &self.resource,
            issuer: &self.issuer.name,
            tool: "list_todos",
            shows: "todos",
            reader: &reader,
            writer: &writer,
        };
        let results = Endpoint::CHECKS.iter().map(|(_, check)| check(&endpoint));
        let results = [login].into_iter().chain(results);
        let call = (self.resource.as_str(), TODO_CALL);
        let mut script = scripts.script("check.mjs");
        let checked = cli_checks::check(&mut script, scripts.tools, call, &self.folder);
        results
            .chain([checked.map(drop)])
            .map(|result| result.map_err(|error| format!("{}: {error}", self.prefix.name())))
            .collect()
    }
}

/// Starts a server with a slow tool behind a site of nginx that removes the prefix and ends
/// silent connections.
fn start_slow(
    tools: &Tools,
    example: &NginxExample,
    folder: &Path,
) -> Result<(Server, Site), Error> {
    let (public, bind) = (free_port()?, free_port()?);
    let mut server = tools.program("examples/slow_server");
    server
        .current_dir(folder)
        .env("TOOLGATE_BIND", format!("127.0.0.1:{bind}"))
        .envs(example.variables(Prefix::Removed, &origin(public)));
    let server = Server::start(&mut server, bind, &folder.join("slow-server.log"))?;
    let site = Site {
        port: public,
        directives: slow_call::DIRECTIVES.to_owned(),
        locations: example.locations(Prefix::Removed, bind),
    };
    Ok((server, site))
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn a_failed_check_is_visible_in_the_table() {
        let bad = Some(Err("it is wrong".to_owned()));
        let text = table(&[("a", [Some(Ok(())), bad]), ("b", [None, Some(Ok(()))])]);
        assert!(text.contains("| a | yes | FAILED |\n"), "{text}");
        assert!(text.contains("| b | – | yes |\n"), "{text}");
    }
}
