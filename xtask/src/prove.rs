//! Tests that are too long for CI: `cargo xtask prove`.
//!
//! - [`mod@attributes`]: each attribute of each example is changed, and a test has to notice it
//! - [`access_attribute`]: finds the access in the attributes of a file
//! - [`items`]: many random items, compared with what a server registers
//! - [`audit`]: kills and full disks under a server that writes its audit log
//! - [`soak`]: replicas, a store and an issuer that fail under load
//! - [`walks`]: the commands of the guide on a fresh clone
//! - [`mod@flood`]: unauthenticated clients at full speed, in a separate process
//! - [`body_shapes`]: the request bodies that they send
//! - [`http_client`]: a minimal HTTP client for both sides
//! - [`process_memory`]: the memory use of a process
//! - [`latency_probe`]: the response times of other clients during the flood
//!
//! The flood runs against the release binary of `todo`, or against another binary of it, to
//! compare a change with an earlier version. Everything stays on loopback.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    Error,
    child_process::{self, Server, free_port},
    client_installer, say,
};

mod access_attribute;
pub(crate) mod attributes;
mod body_shapes;
pub(crate) mod flood;
mod http_client;
mod latency_probe;
mod process_memory;

use body_shapes::BodyShape;
use latency_probe::Latencies;
use process_memory::Memory;

/// The number of unauthenticated connections.
const CONNECTIONS: usize = 32;

/// How long each form of body is sent. All forms together take about a minute.
const FLOOD: Duration = Duration::from_secs(8);

/// How long response times are measured without the flood.
const CALM: Duration = Duration::from_secs(4);

/// How much of an unauthenticated body a server buffers, in bytes.
const KEPT: u64 = 64 * 1024;

/// The most memory that an unauthenticated body may use, as a multiple of [`KEPT`].
const TIMES_KEPT: u64 = 8;

/// The largest slowdown allowed for other clients.
const TIMES_SLOWER: f64 = 5.0;

/// Times below this are not compared: their ratio measures the scheduler, not the server.
const UNNOTICED: Duration = Duration::from_millis(10);

/// Compares 2,000 random items with what a server registers. `TOOLGATE_SEED` selects others.
pub(crate) fn items() -> Result<(), Error> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut test = Command::new(cargo);
    test.args(["test", "--locked", "-p", "toolgate-generated-items"])
        .env("TOOLGATE_GENERATED_ITEMS", "2000");
    child_process::must(&mut test)
}

/// Kills a server a hundred times while it writes its audit log, and fills the disk of the log.
pub(crate) fn audit() -> Result<(), Error> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut test = Command::new(cargo);
    test.args(["test", "--locked", "--workspace", "--test", "audit_log"])
        .args(["--", "--nocapture", "kills", "full_disk"])
        .env("TOOLGATE_AUDIT_KILLS", "100");
    child_process::must(&mut test)
}

/// Lets replicas, their store and their issuer fail for this many minutes under load.
pub(crate) fn soak(minutes: &str) -> Result<(), Error> {
    client_installer::with_apt(&["redis-server"], "redis-server")?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut test = Command::new(cargo);
    test.args(["test", "--locked", "--workspace", "--test", "soak"])
        .args(["--", "--nocapture"])
        .env("TOOLGATE_SOAK_MINUTES", minutes);
    child_process::must(&mut test)
}

/// Walks through the guide on a fresh clone, or takes only the walk of this name.
pub(crate) fn walks(name: Option<&str>) -> Result<(), Error> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut test = Command::new(cargo);
    test.args([
        "test",
        "--locked",
        "-p",
        "toolgate-tests",
        "--test",
        "walks",
    ])
    .args(["--", "--nocapture"]);
    if let Some(name) = name {
        test.env("TOOLGATE_WALK", name);
    }
    child_process::must(&mut test)
}

/// The results of one form of body.
struct Row {
    form: BodyShape,
    requests: u64,
    before: Memory,
    after: Memory,
    /// Times of `/healthz` and of a protected call, without the flood and with it.
    health: (Latencies, Latencies),
    call: (Latencies, Latencies),
}

/// Floods a server, prints the table, and fails if a bound is exceeded.
pub(crate) fn flood(binary: Option<&str>) -> Result<(), Error> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = root.parent().ok_or("no workspace")?;
    let binary = match binary {
        Some(path) => fs::canonicalize(path).map_err(|error| format!("{path}: {error}"))?,
        None => release(root)?,
    };
    let node = client_installer::node_with_packages(&root.join("interop"))?;
    let work = env::current_exe()?;
    let work = work.ancestors().nth(2).ok_or("no target folder")?;
    let work = work.join("prove");
    let mut rows = Vec::new();
    for form in BodyShape::ALL {
        let folder = work.join(form.name().replace([' ', ','], "-"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        let row = measure(&binary, &node, root, &folder, form)?;
        say(row.text());
        rows.push(row);
    }
    let lines: Vec<_> = rows.iter().map(Row::text).collect();
    let table = format!("{HEAD}\n{}\n", lines.join("\n"));
    fs::write(work.join("flood.md"), &table)?;
    say(format!("\n{}\n\n{table}", binary.display()));
    let errors: Vec<_> = rows.iter().flat_map(Row::errors).collect();
    match errors.is_empty() {
        true => Ok(()),
        false => Err(errors.join("\n").into()),
    }
}

const HEAD: &str = "\
| unauthenticated body | requests | a second | memory before | peak | after | `/healthz`, calm → flood (median, 99 %) | call, calm → flood (median, 99 %) |\n|---|---|---|---|---|---|---|---|";

/// Builds the release binary.
fn release(root: &Path) -> Result<PathBuf, Error> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.current_dir(root);
    child_process::must(build.args(["build", "--release", "--locked", "-p", "todo"]))?;
    let target = env::current_exe()?;
    let target = target.ancestors().nth(2).ok_or("no target folder")?;
    Ok(target.join("release/todo"))
}

/// Measures one form of body against a fresh server.
fn measure(
    binary: &Path,
    node: &Path,
    root: &Path,
    folder: &Path,
    form: BodyShape,
) -> Result<Row, Error> {
    let port = free_port()?;
    let mut command = Command::new(binary);
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("TOOLGATE_") {
            command.env_remove(name);
        }
    }
    command
        .current_dir(folder)
        .env("TOOLGATE_BIND", format!("127.0.0.1:{port}"))
        .env("TODO_DATABASE", folder.join("todo.redb"))
        .env("RUST_LOG", "error");
    let server = Server::start(&mut command, port, &folder.join("server.log"))?;
    let token = log_in(node, root, port)?;
    let probe = |time| latency_probe::run(port, &token, time);

    // The first requests have extra costs.
    probe(Duration::from_millis(500))?;
    let calm = probe(CALM)?;
    let before = Memory::of(server.id())?;
    let flood_worker = flood::start(port, form, CONNECTIONS, FLOOD)?;
    let flooded = probe(FLOOD)?;
    let requests = flood_worker.end()?;
    let after = Memory::of(server.id())?;
    Ok(Row {
        form,
        requests,
        before,
        after,
        health: (calm.health, flooded.health),
        call: (calm.call, flooded.call),
    })
}

/// Gets a token for the protected call, from the development issuer with a scripted user.
fn log_in(node: &Path, root: &Path, port: u16) -> Result<String, Error> {
    let mut login = Command::new(node);
    login
        .arg(root.join("interop/token.mjs"))
        .arg(format!("http://127.0.0.1:{port}/mcp"))
        .arg("todo:read");
    let finished = child_process::run(&mut login, Duration::from_secs(60))?;
    match finished.succeeded() {
        true => Ok(finished.out()),
        false => Err(format!("there is no token for the call: {}", finished.report()).into()),
    }
}

impl Row {
    fn text(&self) -> String {
        let both = |(calm, flood): &(Latencies, Latencies)| format!("{calm} → {flood}");
        format!(
            "| {} | {} | {:.0} | {} | {} | {} | {} | {} |",
            self.form.name(),
            self.requests,
            per_second(self.requests),
            mebibytes(self.before.now),
            mebibytes(self.after.peak),
            mebibytes(self.after.now),
            both(&self.health),
            both(&self.call),
        )
    }

    /// Returns every bound that is exceeded.
    fn errors(&self) -> Vec<String> {
        let mut errors = Vec::new();
        let name = self.form.name();
        let cost = self.after.peak.saturating_sub(self.before.now);
        let bound = CONNECTIONS as u64 * TIMES_KEPT * KEPT;
        if cost > bound {
            errors.push(format!(
                "{name}: {} of memory for {CONNECTIONS} concurrent bodies, but {} are the bound",
                mebibytes(cost),
                mebibytes(bound),
            ));
        }
        for (what, (calm, flood)) in [("/healthz", &self.health), ("a call", &self.call)] {
            for (which, calm, flood) in [
                ("the median", calm.median, flood.median),
                ("the 99th percentile", calm.high, flood.high),
            ] {
                if flood > calm.mul_f64(TIMES_SLOWER).max(UNNOTICED) {
                    errors.push(format!(
                        "{name}: {which} of {what} took {} instead of {}, but the bound is {TIMES_SLOWER} times as long",
                        latency_probe::milliseconds(flood),
                        latency_probe::milliseconds(calm),
                    ));
                }
            }
        }
        errors
    }
}

/// Returns the number of requests per second of the flood.
fn per_second(requests: u64) -> f64 {
    let requests = u32::try_from(requests).unwrap_or(u32::MAX);
    f64::from(requests) / FLOOD.as_secs_f64()
}

fn mebibytes(bytes: u64) -> String {
    let tenths = bytes * 10 / (1024 * 1024);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests;
