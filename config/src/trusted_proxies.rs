//! [`TrustedProxies`]: the proxies whose headers name the address of a client.

use std::net::IpAddr;

use ipnet::IpNet;

/// The proxies whose headers name the address of a client. Without proxies, every peer is a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Adds an address or a network.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the text, and the remedy.
    pub fn add(&mut self, text: &str) -> Result<(), (String, String)> {
        let network = match text.parse::<IpNet>() {
            Ok(network) => network,
            Err(_) => match text.parse::<IpAddr>() {
                Ok(address) => IpNet::from(address),
                Err(_) => {
                    let what = "is neither an IP address nor a network".to_owned();
                    let remedy = "write addresses such as 192.0.2.7 and networks such as 10.0.0.0/8 or 2001:db8::/32, or the word none if no proxy is in front of this server";
                    return Err((what, remedy.to_owned()));
                }
            },
        };
        if network.prefix_len() == 0 {
            return Err((
                "is the network of all addresses, so each client could write its own address"
                    .to_owned(),
                "name the addresses of your proxies".to_owned(),
            ));
        }
        if network.addr() != network.network() {
            return Err((
                "is an address inside of a network".to_owned(),
                format!(
                    "write the network as {}, or the address as {}",
                    network.trunc(),
                    network.addr()
                ),
            ));
        }
        if network.addr().to_canonical() != network.addr() {
            return Err((
                "is an IPv4 address in the form of IPv6".to_owned(),
                format!(
                    "write it as {}, with the prefix length of IPv4",
                    network.addr().to_canonical()
                ),
            ));
        }
        self.0.push(network);
        Ok(())
    }

    /// Returns whether an address is one of a proxy.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Returns the networks as text.
    pub fn networks(&self) -> Vec<String> {
        self.0.iter().map(IpNet::to_string).collect()
    }
}
