//! Listening sockets, one for each thread.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use rustix::net::{self, sockopt, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use crate::address::Address;

/// The kernel limits it to `net.core.somaxconn`.
const BACKLOG: i32 = 65_535;
const FLAGS: SocketFlags = SocketFlags::NONBLOCK.union(SocketFlags::CLOEXEC);

/// Creates a listener for each thread. Returns them and their common address.
pub fn listen(address: &Address, threads: usize) -> io::Result<(Vec<OwnedFd>, Address)> {
    match address {
        Address::Tcp(address) => {
            let (listeners, address) = listen_tcp(*address, threads)?;
            Ok((listeners, Address::Tcp(address)))
        }
        Address::Unix(path) => {
            let listener = net::socket_with(AddressFamily::UNIX, SocketType::STREAM, FLAGS, None)?;
            net::bind(&listener, &SocketAddrUnix::new(path)?)?;
            net::listen(&listener, BACKLOG)?;
            let clones = (1..threads).map(|_| listener.try_clone()).collect::<io::Result<_>>();
            let mut listeners: Vec<OwnedFd> = clones?;
            listeners.push(listener);
            Ok((listeners, address.clone()))
        }
    }
}

/// Accepts a waiting connection.
pub fn accept(listener: &OwnedFd) -> rustix::io::Result<OwnedFd> {
    net::accept_with(listener, FLAGS)
}

fn listen_tcp(address: SocketAddr, threads: usize) -> io::Result<(Vec<OwnedFd>, SocketAddr)> {
    let first = bind_tcp(address, threads > 1)?;
    let address = SocketAddr::try_from(net::getsockname(&first)?)?;
    let mut listeners = vec![first];
    for _ in 1..threads {
        listeners.push(bind_tcp(address, true)?);
    }
    for listener in &listeners {
        net::listen(listener, BACKLOG)?;
    }
    Ok((listeners, address))
}

fn bind_tcp(address: SocketAddr, shared: bool) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = net::socket_with(family, SocketType::STREAM, FLAGS, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    sockopt::set_socket_reuseport(&socket, shared)?;
    // Accepted sockets inherit it, which saves a system call for each connection.
    sockopt::set_tcp_nodelay(&socket, true)?;
    net::bind(&socket, &address)?;
    Ok(socket)
}
