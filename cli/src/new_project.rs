//! `toolgate new`: writes a package that serves two tools, with its tests.

mod checkout;
mod package_name;
mod template;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
};

use clap::Args;

use checkout::Checkout;

/// What helps if a file cannot be written.
const ELSEWHERE: &str = "run the command in a folder that you can write to";

/// The arguments of `toolgate new`.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The name of the package, and of the folder that is created here.
    name: String,

    /// A checkout of Toolgate. Needed until there is a release.
    #[arg(long, value_name = "CHECKOUT", required = template::RELEASE.is_none())]
    path: Option<PathBuf>,
}

/// Writes the package into a folder of its name. Returns what to do next.
///
/// # Errors
///
/// Returns why nothing was written.
pub(crate) fn run(args: &NewArgs) -> Result<String, String> {
    package_name::check(&args.name)?;
    let checkout = args.path.as_deref().map(Checkout::find).transpose()?;
    let folder = PathBuf::from(&args.name);
    check_is_free(&folder)?;
    // In the same folder, because a rename is one step: no other program sees a part of a package.
    let unfinished = Unfinished::create(&args.name)?;
    for (name, text) in template::files(&args.name, checkout.as_ref()) {
        write(&unfinished.0.join(name), &text)?;
    }
    if let Some(lock) = checkout.as_ref().and_then(Checkout::lock_file) {
        // The versions that Toolgate is tested with. Cargo removes what the package does not use.
        write(&unfinished.0.join("Cargo.lock"), &lock)?;
    }
    unfinished.finish(&folder)?;
    Ok(format!(
        "\
Created {name}. Next:

  cd {name}
  cargo test
  cargo run

and in another terminal:

  toolgate call http://127.0.0.1:8000/mcp read_board
",
        name = args.name
    ))
}

/// # Errors
///
/// If the path exists and is not an empty folder: a new package would replace it.
fn check_is_free(folder: &Path) -> Result<(), String> {
    let shown = folder.display();
    // Does not follow a link: the package would be written elsewhere.
    let found = match fs::symlink_metadata(folder) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(format!("`{shown}` cannot be read: {error}")),
    };
    if !found.is_dir() {
        return Err(format!(
            "`{shown}` exists and is no folder; choose another name"
        ));
    }
    let mut entries =
        fs::read_dir(folder).map_err(|error| format!("`{shown}` cannot be read: {error}"))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(format!(
            "the folder `{shown}` exists and is not empty; choose another name, or remove it"
        )),
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| {
            format!(
                "`{}` cannot be written: {error}; {ELSEWHERE}",
                path.display()
            )
        })
}

/// The folder that is being written. Deleted unless it is finished.
struct Unfinished(PathBuf);

impl Unfinished {
    fn create(name: &str) -> Result<Self, String> {
        let path = PathBuf::from(format!(".{name}-{}", process::id()));
        fs::create_dir(&path).map_err(|error| {
            format!(
                "`{}` cannot be created: {error}; {ELSEWHERE}",
                path.display()
            )
        })?;
        Ok(Self(path))
    }

    /// Renames the folder to its final name. Fails if that folder has got content meanwhile.
    fn finish(self, folder: &Path) -> Result<(), String> {
        // Windows does not rename onto an empty folder.
        let _ = fs::remove_dir(folder);
        fs::rename(&self.0, folder).map_err(|error| {
            format!(
                "`{}` cannot be created: {error}; choose another name",
                folder.display()
            )
        })
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After `finish`, this path no longer exists.
        let _ = fs::remove_dir_all(&self.0);
    }
}
