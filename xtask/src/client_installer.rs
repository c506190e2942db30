//! Installs what the clients need.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{Error, child_process, say};

/// The oldest node version for the Inspector and the suite.
const NODE: (u32, u32) = (22, 19);

/// Paths of everything that a run needs.
#[derive(Debug)]
pub(crate) struct Tools {
    /// The folder `interop/`.
    pub(crate) scripts: PathBuf,
    /// The folder for the output of a run.
    pub(crate) work: PathBuf,
    /// The folder of this workspace's binaries.
    programs: PathBuf,
    pub(crate) node: PathBuf,
}

impl Tools {
    /// Installs what every part needs, or reports what is missing.
    pub(crate) fn install() -> Result<Self, Error> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .ok_or("no workspace")?;
        let scripts = root.join("interop");
        let programs = env::current_exe()?
            .parent()
            .ok_or("no target folder")?
            .to_owned();
        let work = programs.parent().ok_or("no target folder")?.join("interop");
        fs::create_dir_all(&work)?;
        build()?;
        Ok(Self {
            node: node_with_packages(&scripts)?,
            scripts,
            work,
            programs,
        })
    }

    /// Returns Python with the packages of its client.
    pub(crate) fn python(&self) -> Result<PathBuf, Error> {
        let wanted = self.scripts.join("requirements.txt");
        python(&self.work.join("venv"), &wanted)
    }

    /// Returns a command for a binary of this workspace.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(&self.work).env_remove("RUST_LOG");
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("TOOLGATE_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Returns a command that runs a script of `interop/` in node.
    pub(crate) fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.node);
        command.arg(self.scripts.join(name));
        command
    }
}

/// Returns node, after installing the packages for the scripts of `interop/`.
pub(crate) fn node_with_packages(scripts: &Path) -> Result<PathBuf, Error> {
    packages(scripts)?;
    node(scripts)
}

/// Builds the binaries.
fn build() -> Result<(), Error> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    command.args([
        "build",
        "--quiet",
        "--locked",
        "--workspace",
        "--bins",
        "--example",
        "client",
        "--example",
        "denying_server",
        "--example",
        "mounted_server",
        "--example",
        "slow_server",
    ]);
    child_process::must(&mut command)
}

fn packages(scripts: &Path) -> Result<(), Error> {
    let lock = fs::read_to_string(scripts.join("package-lock.json"))?;
    let stamp = scripts.join("node_modules/.installed.json");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    say("installing the packages of interop/package-lock.json");
    child_process::must(
        Command::new("npm")
            .args([
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
            ])
            .current_dir(scripts),
    )?;
    Ok(fs::write(stamp, lock)?)
}

/// Returns the machine's own node if it is new enough, otherwise the one from npm.
fn node(scripts: &Path) -> Result<PathBuf, Error> {
    let brought = ["x64", "arm64"]
        .map(|kind| scripts.join(format!("node_modules/node-linux-{kind}/bin/node")));
    let mut versions = Vec::new();
    for path in [PathBuf::from("node")].into_iter().chain(brought) {
        let version = match child_process::run(
            Command::new(&path).arg("--version"),
            Duration::from_secs(10),
        ) {
            Ok(finished) => finished.out(),
            Err(_) => continue,
        };
        if is_new_enough(version.trim()) {
            return Ok(match path.is_absolute() {
                true => path,
                false => which("node").ok_or("node is not on the path")?,
            });
        }
        versions.push(version.trim().to_owned());
    }
    let (major, minor) = NODE;
    Err(format!("node {major}.{minor} or newer is needed; found {versions:?}").into())
}

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version
        .trim_start_matches('v')
        .split('.')
        .map_while(|one| one.parse::<u32>().ok());
    let (major, minor) = (numbers.next(), numbers.next());
    (major.unwrap_or(0), minor.unwrap_or(0)) >= NODE
}

fn which(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    // The path of a user without privileges lacks the folder of nginx.
    env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// Returns a Python environment in a folder, with exactly the packages of a requirements file.
pub(crate) fn python(folder: &Path, wanted: &Path) -> Result<PathBuf, Error> {
    let python = folder.join("bin/python");
    let stamp = folder.join("installed.txt");
    let text = fs::read_to_string(wanted)?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == text) {
        return Ok(python);
    }
    say(format!("installing the packages of {}", wanted.display()));
    child_process::must(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(folder),
    )?;
    child_process::must(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "-r"])
            .arg(wanted),
    )?;
    fs::write(stamp, text)?;
    Ok(python)
}

/// Returns the browser for the Inspector's page.
pub(crate) fn chromium() -> Result<PathBuf, Error> {
    with_apt(
        &["chromium", "chromium-browser", "google-chrome"],
        "chromium",
    )
}

/// Returns the first of these programs that is installed, or installs a Debian package that
/// has the first one.
pub(crate) fn with_apt(names: &[&str], package: &str) -> Result<PathBuf, Error> {
    let find = || names.iter().find_map(|name| which(name));
    if let Some(path) = find() {
        return Ok(path);
    }
    say(format!("installing {package} with apt"));
    let installed = child_process::must(Command::new("apt-get").args(["update", "-qq"]))
        .and_then(|()| child_process::must(&mut apt_install(package)))
        .and_then(|()| find().ok_or_else(|| format!("{package} has no {names:?}").into()));
    installed.map_err(|error| {
        format!("{package} cannot be installed with apt ({error}): install it yourself").into()
    })
}

fn apt_install(package: &str) -> Command {
    let mut command = Command::new("apt-get");
    command
        .args(["install", "-y", "-qq", "--no-install-recommends", package])
        .env("DEBIAN_FRONTEND", "noninteractive")
        // The package of nginx starts it. With this variable, systemctl starts nothing.
        .env("SYSTEMD_OFFLINE", "1");
    command
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn node_versions_are_compared_by_number() {
        for good in ["v22.19.0", "v22.23.3", "v24.0.0", "v100.1.2"] {
            assert!(is_new_enough(good), "{good}");
        }
        for bad in ["v22.18.9", "v20.20.2", "v9.99.0", "", "none"] {
            assert!(!is_new_enough(bad), "{bad}");
        }
    }
}
