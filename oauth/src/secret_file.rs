//! Reads a secret from a file that only its owner can read.

use std::{
    fs::{File, Metadata},
    io::{self, Read},
};

/// The largest secret, in bytes.
const MAX_SIZE: u64 = 64 * 1024;

/// Reads the secret in the file of this path, without white space around it.
///
/// # Errors
///
/// Returns what is wrong with the file, as the end of "which …".
pub fn read(path: &str) -> Result<String, String> {
    let file = File::open(path).map_err(unreadable)?;
    check_readers(&file.metadata().map_err(unreadable)?)?;
    match read_text(file, MAX_SIZE)?.trim() {
        "" => Err("is empty".to_owned()),
        secret => Ok(secret.to_owned()),
    }
}

/// Reads the text of a file of at most `most` bytes.
///
/// # Errors
///
/// As [`read`].
pub fn read_text(file: File, most: u64) -> Result<String, String> {
    let mut text = String::new();
    // One byte more shows that the file is too large.
    let mut bounded = file.take(most + 1);
    bounded.read_to_string(&mut text).map_err(unreadable)?;
    match text.len() as u64 > most {
        true => Err(format!("is larger than {most} bytes")),
        false => Ok(text),
    }
}

/// Says that a file cannot be read, as the end of "which …".
#[must_use]
pub fn unreadable(error: io::Error) -> String {
    format!("cannot be read: {error}")
}

/// Refuses a file that other users can read (CWE-732).
///
/// A group may read a file that root owns: a process that is not root gets a mounted secret only
/// through its group, for example with `fsGroup` of Kubernetes or `LoadCredential` of systemd.
#[cfg(unix)]
fn check_readers(file: &Metadata) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;

    let mode = file.mode() & 0o777;
    let readers = match mode {
        _ if mode & 0o004 != 0 => "every user of this machine",
        _ if mode & 0o040 != 0 && file.uid() != 0 => "the group of its owner",
        _ => return Ok(()),
    };
    Err(format!("{readers} can read (mode {mode:04o})"))
}

#[cfg(not(unix))]
fn check_readers(_: &Metadata) -> Result<(), String> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::{
        env, fs,
        os::unix::fs::{MetadataExt, PermissionsExt},
        process,
    };

    use super::*;

    /// Reads a file with this text and this mode.
    fn read_with(name: &str, text: &str, mode: u32) -> Result<String, String> {
        let path = env::temp_dir().join(format!("toolgate-secret-{name}-{}", process::id()));
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let read = read(path.to_str().unwrap());
        fs::remove_file(&path).unwrap();
        read
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        for mode in [0o600, 0o400] {
            let read = read_with("own", " geheim\n", mode);
            assert_eq!(read.as_deref(), Ok("geheim"), "{mode:o}");
        }
        for mode in [0o644, 0o444, 0o604, 0o666] {
            let told = read_with("world", "geheim", mode).unwrap_err();
            assert_eq!(
                told,
                format!("every user of this machine can read (mode {mode:04o})")
            );
        }
    }

    #[test]
    fn a_group_can_read_only_a_secret_that_root_owns() {
        let told = read_with("group", "geheim", 0o640);
        // The owner is the user who runs the test.
        match fs::metadata("/proc/self").map(|own| own.uid()) {
            Ok(0) => assert_eq!(told.as_deref(), Ok("geheim")),
            _ => assert_eq!(
                told.unwrap_err(),
                "the group of its owner can read (mode 0640)"
            ),
        }
    }

    #[test]
    fn an_empty_or_a_huge_file_is_no_secret() {
        let told = read_with("empty", " \n", 0o600).unwrap_err();
        assert_eq!(told, "is empty");
        let told = read_with("huge", &"a".repeat(70_000), 0o600).unwrap_err();
        assert!(told.contains("larger than"), "{told}");
    }
}
