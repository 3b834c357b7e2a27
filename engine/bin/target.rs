//! From a URL to an address that load may go to.

use std::net::{SocketAddr, ToSocketAddrs};

use http::Uri;

/// The parts of a URL, with the address of its host.
pub struct ResolvedUrl {
    pub address: SocketAddr,
    /// For the Host header.
    pub authority: String,
    /// The host's name, as in a certificate.
    pub name: String,
    /// With its query.
    pub path: String,
    pub encrypted: bool,
}

/// Looks up the host of a URL. It has to be this machine or one of the hosts in `allowed`.
pub fn resolve(url: &str, allowed: &[String]) -> Result<ResolvedUrl, String> {
    let uri: Uri = url.parse().map_err(|error| format!("{url:?} is no URL: {error}"))?;
    let encrypted = match uri.scheme_str() {
        Some("http") => false,
        Some("https") => true,
        Some(other) => {
            return Err(format!(
                "{url:?} has {other}://, but only http:// and https:// URLs can be loaded"
            ))
        }
        None => return Err(format!("{url:?} has no scheme; did you mean \"http://{url}\"?")),
    };
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if authority.contains('@') {
        return Err("a URL with a name or a password is not loaded: send them by --header \
                    'Authorization: Basic …'"
            .to_owned());
    }
    let name = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
    let address = look_up(url, &name, port)?;
    if !address.ip().is_loopback() && !allowed.contains(&name) {
        return Err(format!(
            "{name} is not this machine: load goes only to loopback, unless the host is allowed by \
             --allow-remote {name}"
        ));
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    Ok(ResolvedUrl { address, authority: authority.to_owned(), name, path, encrypted })
}

fn look_up(url: &str, name: &str, port: u16) -> Result<SocketAddr, String> {
    let found = (name, port)
        .to_socket_addrs()
        .map_err(|error| format!("the host of {url:?} cannot be found: {error}"))?;
    // IPv4 first: most servers on this machine listen there.
    found
        .min_by_key(SocketAddr::is_ipv6)
        .ok_or_else(|| format!("the host of {url:?} has no address"))
}
