//! A checkout of Toolgate, which a new package depends on until there is a release.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A folder with the packages that a server needs.
#[derive(Debug)]
pub(super) struct Checkout {
    folder: PathBuf,
    /// The same, as it is written into files.
    text: String,
}

impl Checkout {
    /// Checks that a folder is a checkout.
    ///
    /// # Errors
    ///
    /// Returns what it lacks, or why its path cannot be written into files.
    pub(super) fn find(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let folder = path.canonicalize().map_err(|error| {
            format!(
                "--path is `{shown}`, which cannot be opened: {error}; name a checkout of Toolgate"
            )
        })?;
        for (part, package) in [("runtime", "toolgate"), ("testing", "toolgate-testing")] {
            let manifest = folder.join(part).join("Cargo.toml");
            let text = fs::read_to_string(&manifest).unwrap_or_default();
            let name = format!("name = \"{package}\"");
            if !text.lines().any(|line| line.trim() == name) {
                return Err(format!(
                    "--path is `{shown}`, which is no checkout of Toolgate: {part}/Cargo.toml does not have the line {name}; name the folder that `git clone` has created"
                ));
            }
        }
        let text = folder.to_str().unwrap_or_default();
        // Windows: without the prefix of `canonicalize`, and with slashes, which Cargo accepts.
        let text = match text.strip_prefix(r"\\?\") {
            Some(text) => text.replace('\\', "/"),
            None => text.to_owned(),
        };
        // It is written into TOML, YAML, a Dockerfile and lines of a shell.
        let is_special =
            |character: char| character.is_control() || "'\"\\$`{}".contains(character);
        if text.is_empty() || text.contains(is_special) {
            return Err(format!(
                "--path is `{shown}`, which has quotation marks or other special characters; move the checkout to another folder"
            ));
        }
        Ok(Self { folder, text })
    }

    /// Returns its absolute path.
    pub(super) fn path(&self) -> &str {
        &self.text
    }

    /// Returns the lock file, if there is one.
    pub(super) fn lock_file(&self) -> Option<String> {
        fs::read_to_string(self.folder.join("Cargo.lock")).ok()
    }
}
