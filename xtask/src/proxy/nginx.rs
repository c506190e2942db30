//! nginx with TLS, in a folder of its own.

use std::{fs, path::Path, process::Command};

use crate::{Error, child_process::Server, client_installer::with_apt};

/// One process without workers, so that ending it ends nginx, and no worker changes its user.
const HEAD: &str = "\
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {}
";

/// A server of nginx.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) port: u16,
    /// Directives of the whole server.
    pub(super) directives: String,
    pub(super) locations: String,
}

/// Starts nginx with the certificate in the folder.
pub(super) fn start(folder: &Path, sites: &[Site]) -> Result<Server, Error> {
    let port = sites.first().ok_or("nginx needs a site")?.port;
    let program = with_apt(&["nginx"], "nginx-light")?;
    fs::write(folder.join("nginx.conf"), configuration(sites))?;
    let mut command = Command::new(program);
    command
        .args(["-e", "stderr", "-c", "nginx.conf", "-p"])
        .arg(folder);
    Server::start(&mut command, port, &folder.join("nginx.log"))
}

/// Returns the configuration. Its paths are relative to the folder.
fn configuration(sites: &[Site]) -> String {
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("    {kind}_temp_path {kind}_temp;\n"))
        .concat();
    let servers: String = sites.iter().map(Site::directive).collect();
    format!("{HEAD}http {{\n    access_log access.log;\n{temporary}{servers}}}\n")
}

impl Site {
    fn directive(&self) -> String {
        let Self {
            port,
            directives,
            locations,
        } = self;
        format!(
            "server {{
listen 127.0.0.1:{port} ssl http2;
server_name localhost;
ssl_certificate server.pem;
ssl_certificate_key server.key;
{directives}
{locations}}}
"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Site, configuration};

    #[test]
    fn every_site_has_its_port_its_directives_and_its_locations() {
        let sites = [7, 8].map(|port| Site {
            port,
            directives: format!("proxy_read_timeout {port}s;"),
            locations: format!("location /{port}/ {{}}\n"),
        });
        let text = configuration(&sites);
        for port in [7, 8] {
            let site = text
                .split("server {")
                .find(|site| site.contains(&format!(":{port} ssl")));
            let site = site.expect("a site");
            assert!(
                site.contains(&format!("proxy_read_timeout {port}s;")),
                "{site}"
            );
            assert!(site.contains(&format!("location /{port}/ {{}}")), "{site}");
        }
        let (opened, closed) = (text.matches('{').count(), text.matches('}').count());
        assert_eq!(opened, closed, "{text}");
    }
}
