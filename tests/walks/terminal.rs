//! A terminal of a newcomer, with a browser next to it.

use std::{
    env, fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use support::{
    consenting_user::ConsentingUser,
    simulated_browser::Browser,
    walk::{Kind, PageStep, Typed, missing, patched, typed},
};
use tokio::time::sleep;

use crate::say;

/// How long a command may take. The first one compiles everything.
const PATIENCE: Duration = Duration::from_secs(1800);

/// Keeps the folder and the token for the next command.
const AFTER: &str =
    "\nstatus=$?; pwd > \"$WALK/folder\"; printf %s \"${TOKEN-}\" > \"$WALK/token\"; exit $status";

/// A terminal. It starts in the clone.
pub(crate) struct Terminal {
    /// The folder with the clone and what the walk creates.
    folder: PathBuf,
    /// What keeps the state between two commands.
    state: PathBuf,
    /// The addresses on the pages, each with the address of its imitation.
    imitated: Vec<(&'static str, String)>,
    server: Option<Running>,
}

/// A running command. It ends with all that it has started.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let mut kill = Command::new("kill");
        let _ = kill.args(["--", &group]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

/// What a command has printed so far.
type Printed = Arc<Mutex<Vec<u8>>>;

fn text(printed: &Printed) -> String {
    let bytes = printed.lock().expect("whole");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Collects what a command prints.
fn collect(mut from: impl Read + Send + 'static) -> Printed {
    let printed = Printed::default();
    let into = Arc::clone(&printed);
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Some(count) = from.read(&mut buffer).ok().filter(|count| *count > 0) {
            into.lock().expect("whole").extend(&buffer[..count]);
        }
    });
    printed
}

impl Terminal {
    pub(crate) fn new(folder: &Path) -> Self {
        let state = folder.join("state");
        fs::create_dir_all(&state).expect("a folder");
        let clone = folder.join("toolgate").display().to_string();
        fs::write(state.join("folder"), clone).expect("a file");
        fs::write(state.join("token"), "").expect("a file");
        Self {
            folder: folder.to_owned(),
            state,
            imitated: Vec::new(),
            server: None,
        }
    }

    /// Replaces addresses of the pages by those of an imitation.
    pub(crate) fn imitate(&mut self, addresses: Vec<(&'static str, String)>) {
        self.imitated = addresses;
    }

    /// Takes a step.
    ///
    /// # Panics
    ///
    /// If a command fails, or does not print what the page states.
    pub(crate) async fn take(&mut self, step: &PageStep) {
        let mut block = step.text.clone();
        for (address, imitation) in &self.imitated {
            block = block.replace(address, imitation);
        }
        let current = self.current();
        match &step.kind {
            Kind::Run => {
                for typed in typed(&block) {
                    self.run(&typed).await;
                }
            }
            Kind::Serve(port) => {
                let mut all = typed(&block);
                let last = all.pop().expect("a command");
                for typed in all {
                    self.run(&typed).await;
                }
                self.serve(&last.command, *port).await;
            }
            Kind::Write(path) => fs::write(current.join(path), block).expect("a file"),
            Kind::Append(path) => {
                let before = fs::read_to_string(current.join(path)).expect("a file");
                fs::write(current.join(path), format!("{before}\n{block}")).expect("a file");
            }
            Kind::Patch(path) => {
                let before = fs::read_to_string(current.join(path)).expect("a file");
                fs::write(current.join(path), patched(&before, &block)).expect("a file");
            }
            Kind::Dependencies => {
                let path = current.join("Cargo.toml");
                let before = fs::read_to_string(&path).expect("a manifest");
                assert!(before.contains("[dependencies]\n"), "{before}");
                let after = before.replace("[dependencies]\n", &block);
                fs::write(path, after).expect("a manifest");
            }
        }
    }

    /// Returns the current folder.
    fn current(&self) -> PathBuf {
        let folder = fs::read_to_string(self.state.join("folder")).expect("a folder");
        PathBuf::from(folder.trim_end())
    }

    /// Prepares a command.
    fn bash(&self, script: &str) -> Command {
        // `--debug` compiles once for the program and for the packages of the walk.
        let script = script.replace("cargo install ", "cargo install --debug ");
        let current = self.current();
        self.lock(&current);
        let token = fs::read_to_string(self.state.join("token")).expect("a file");
        let target = env::current_exe().expect("this program");
        let target = target.ancestors().nth(3).expect("the target folder");
        let programs = self.folder.join("programs");
        let path = env::var("PATH").unwrap_or_default();
        let mut bash = Command::new("bash");
        bash.args(["-c", &script])
            .current_dir(current)
            .env("WALK", &self.state)
            .env("TOKEN", token)
            .env("CARGO_TARGET_DIR", target)
            .env("CARGO_INSTALL_ROOT", &programs)
            .env("PATH", format!("{}/bin:{path}", programs.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy();
            if ["TOOLGATE_", "SCALEKIT_"]
                .iter()
                .any(|own| name.starts_with(own))
            {
                bash.env_remove(&*name);
            }
        }
        // The profile of this workspace, so that its dependencies need not be compiled again.
        if env::var_os("CARGO_PROFILE_DEV_DEBUG").is_none() {
            bash.env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
        }
        bash
    }

    /// Gives a new package the versions of the clone, so that they need not be compiled again.
    fn lock(&self, package: &Path) {
        let lock = package.join("Cargo.lock");
        if package.join("Cargo.toml").exists() && !lock.exists() {
            fs::copy(self.folder.join("toolgate/Cargo.lock"), lock).expect("a lock file");
        }
    }

    /// Runs a command to its end, and signs in where it asks for it.
    async fn run(&self, typed: &Typed) {
        say(format!("$ {}", typed.command));
        let started = Instant::now();
        let mut script = format!("{}{AFTER}", typed.command);
        if typed.command.starts_with("toolgate call ") {
            // It asks only at a terminal, which `script` is.
            fs::write(self.state.join("command"), script).expect("a file");
            script = "exec script -qec \"bash '$WALK/command'\" /dev/null".to_owned();
        }
        let mut child = self.bash(&script).spawn().expect("bash runs");
        // Agrees to the question. The input stays open until the command ends.
        let mut input = child.stdin.take().expect("a pipe");
        let _ = input.write_all(b"y\n");
        let out = collect(child.stdout.take().expect("a pipe"));
        let err = collect(child.stderr.take().expect("a pipe"));
        let mut child = Running(child);
        let mut signed_in = 0;
        let status = loop {
            let said = format!("{}{}", text(&out), text(&err));
            let is_url =
                |line: &&str| line.trim().starts_with("http") && line.contains("&resource=");
            let urls: Vec<_> = said.lines().filter(is_url).collect();
            // The last line may not be complete.
            if urls.len() > signed_in && said.ends_with('\n') {
                sign_in(urls[signed_in].trim()).await;
                signed_in += 1;
            }
            if let Some(status) = child.0.try_wait().expect("a status") {
                break status;
            }
            let is_late = started.elapsed() > PATIENCE;
            assert!(!is_late, "{}\n{said}", typed.command);
            sleep(Duration::from_millis(50)).await;
        };
        // Threads collect the rest.
        sleep(Duration::from_millis(200)).await;
        let (out, err) = (text(&out), text(&err));
        assert!(status.success(), "{}\n{out}\n{err}", typed.command);
        let missing = missing(&typed.output, &out);
        assert_eq!(missing, None, "{}\n{out}\n{err}", typed.command);
        say(format!("  {} s", started.elapsed().as_secs()));
    }

    /// Starts a server, in the place of an earlier one.
    async fn serve(&mut self, command: &str, port: u16) {
        say(format!("$ {command} &"));
        self.server = None;
        let is_open = || TcpStream::connect(("127.0.0.1", port)).is_ok();
        assert!(!is_open(), "another program listens on port {port}");
        let mut child = self.bash(command).spawn().expect("bash runs");
        let out = collect(child.stdout.take().expect("a pipe"));
        let err = collect(child.stderr.take().expect("a pipe"));
        let mut server = Running(child);
        let started = Instant::now();
        while !is_open() {
            let ended = server.0.try_wait().expect("a status");
            let is_late = started.elapsed() > PATIENCE;
            assert!(
                ended.is_none() && !is_late,
                "{}\n{}",
                text(&out),
                text(&err)
            );
            sleep(Duration::from_millis(100)).await;
        }
        say(format!("  {} s", started.elapsed().as_secs()));
        self.server = Some(server);
    }
}

/// Opens the URL in a browser, consents to what the page asks for, and returns to the program.
async fn sign_in(url: &str) {
    let opened = Browser::default().open(url).await;
    let back = match opened.status() {
        200 => {
            let (_, scope) = url.split_once("&scope=").expect("scopes");
            let scope = scope.split('&').next().unwrap_or_default();
            let scope = scope.replace("%3A", ":").replace('+', " ");
            let person = ConsentingUser {
                name: "ada",
                allows: &scope,
            };
            person.consent(url).await
        }
        _ => opened.leads_to().to_owned(),
    };
    let page = reqwest::get(&back).await.expect("the program waits");
    assert_eq!(page.status(), 200, "{page:?}");
}
