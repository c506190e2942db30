//! The servers for wrk, with Lua scripts that define the requests.

use std::{env, fmt::Write, fs, process};

use crate::{Fault, say, stage::Stage, target::Target};

/// The number of sessions that wrk's connections share.
const SESSIONS: usize = 32;

/// Writes a script for each target, and prints their paths for a shell script.
pub(super) fn describe(stage: &Stage) -> Result<(), Fault> {
    let folder = env::temp_dir().join(format!("toolgate-load-{}", process::id()));
    fs::create_dir_all(&folder)?;
    let targets = &stage.targets;
    let mut text = String::new();
    for (name, target) in [
        ("protected_call", &targets.protected_call),
        ("open_call", &targets.open_call),
        ("unprotected_call", &targets.unprotected_call),
        ("handwritten_call", &targets.handwritten_call),
        ("bare_call", &targets.bare_call),
        ("no_token", &targets.no_token),
        ("bare_no_token", &targets.bare_no_token),
        ("no_scope", &targets.no_scope),
        ("bare_no_scope", &targets.bare_no_scope),
        ("list", &targets.list),
        ("bare_list", &targets.bare_list),
        ("protected_session", &targets.protected_session),
        ("unprotected_session", &targets.unprotected_session),
    ] {
        let script = folder.join(format!("{name}.lua"));
        fs::write(&script, lua(target)?)?;
        let endpoint = target.endpoint();
        let (address, path) = (endpoint.address, endpoint.path);
        writeln!(text, "{name} http://{address}{path} {}", script.display())?;
    }
    say(&text)?;
    say("ready\n")
}

fn lua(target: &Target) -> Result<String, Fault> {
    match target {
        Target::Plain { request, .. } => plain(std::str::from_utf8(request)?),
        Target::Session { .. } => sessions(target),
        Target::Bound { .. } => Err("a script cannot sign proofs".into()),
    }
}

/// Writes a script for a constant request: wrk sends it without calling Lua again.
fn plain(request: &str) -> Result<String, Fault> {
    let (head, body) = request
        .split_once("\r\n\r\n")
        .ok_or("a request has a head")?;
    let mut script = format!("wrk.method = \"POST\"\nwrk.body = {}\n", quoted(body));
    let fields = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "));
    // wrk adds these by itself.
    let fields = fields.filter(|(name, _)| !matches!(*name, "host" | "content-length"));
    for (name, value) in fields {
        writeln!(script, "wrk.headers[{}] = {}", quoted(name), quoted(value))?;
    }
    Ok(script)
}

/// Writes a script for calls in open sessions, each with a unique id.
fn sessions(target: &Target) -> Result<String, Fault> {
    let mut script = String::from("local parts = {\n");
    for _ in 0..SESSIONS {
        let (before, after) = target.open_session()?;
        writeln!(script, "  {{ {}, {} }},", quoted(&before), quoted(&after))?;
    }
    // Lua represents these numbers exactly, and they keep eight digits.
    script += "}\n\
        local threads = 0\n\
        function setup(thread) thread:set(\"first\", threads * 10000000) threads = threads + 1 end\n\
        local number = 10000000\n\
        function request()\n\
        \x20 number = number + 1\n\
        \x20 local part = parts[number % #parts + 1]\n\
        \x20 return part[1] .. string.format(\"%d\", first + number) .. part[2]\n\
        end\n";
    Ok(script)
}

/// Returns a text as a Lua string literal.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            b' '..=b'~' => quoted.push(char::from(byte)),
            _ => quoted += &format!("\\{byte:03}"),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_quoted_as_lua_reads_it() {
        assert_eq!(quoted("a\"b\\c\r\nd"), r#""a\"b\\c\013\010d""#);
    }

    #[test]
    fn what_wrk_writes_by_itself_is_not_written_twice() {
        let request = "POST /mcp HTTP/1.1\r\nhost: a\r\nx-y: z\r\ncontent-length: 2\r\n\r\n{}";
        let script = plain(request).unwrap();
        assert_eq!(
            script,
            "wrk.method = \"POST\"\nwrk.body = \"{}\"\nwrk.headers[\"x-y\"] = \"z\"\n"
        );
    }
}
