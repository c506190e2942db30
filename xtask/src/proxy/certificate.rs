//! A certificate for `localhost`, of an authority that exists for one run.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{Error, child_process, client_installer::with_apt};

/// Does not depend on the openssl.cnf of the machine. rustls accepts no certificate of an
/// authority as the certificate of a server.
const SETTINGS: &str = "\
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[server]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
";

/// Writes `server.pem` and `server.key` into a folder. Returns the certificate of the
/// authority.
pub(super) fn create(folder: &Path) -> Result<PathBuf, Error> {
    let openssl = with_apt(&["openssl"], "openssl")?;
    fs::write(folder.join("openssl.cnf"), SETTINGS)?;
    for (name, section, signer) in [
        ("authority", "authority", &[][..]),
        (
            "server",
            "server",
            &["-CA", "authority.pem", "-CAkey", "authority.key"],
        ),
    ] {
        let mut command = Command::new(&openssl);
        command
            .current_dir(folder)
            .args(["req", "-x509", "-config", "openssl.cnf", "-nodes"])
            .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
            .args(["-days", "2", "-extensions", section])
            .args(["-subj", &format!("/CN=toolgate interop {name}")])
            .args(["-keyout", &format!("{name}.key")])
            .args(["-out", &format!("{name}.pem")])
            .args(signer);
        let finished = child_process::run(&mut command, Duration::from_secs(30))?;
        if !finished.succeeded() {
            return Err(format!("openssl made no certificate: {}", finished.report()).into());
        }
    }
    Ok(folder.join("authority.pem"))
}
