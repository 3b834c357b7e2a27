//! Sockets that are to be connected.

use std::io;
use std::net::{IpAddr, SocketAddr};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::address::Address;

/// Begins to connect; the socket becomes writable when that has ended, well or not.
pub fn begin_connect(address: &Address, source: Option<IpAddr>) -> io::Result<Socket> {
    let (socket, peer) = unconnected(address, source)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&peer) {
        Ok(()) => Ok(socket),
        Err(error) if error.raw_os_error() == Some(EINPROGRESS) => Ok(socket),
        Err(error) => Err(error),
    }
}

/// A socket, still a blocking one, and what it is to be connected to.
pub fn unconnected(address: &Address, source: Option<IpAddr>) -> io::Result<(Socket, SockAddr)> {
    match address {
        Address::Tcp(peer) => Ok((tcp_socket(*peer, source)?, SockAddr::from(*peer))),
        Address::Unix(path) => {
            Ok((Socket::new(Domain::UNIX, Type::STREAM, None)?, SockAddr::unix(path)?))
        }
    }
}

fn tcp_socket(peer: SocketAddr, source: Option<IpAddr>) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(peer), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_tcp_nodelay(true)?;
    if let Some(source) = source {
        socket.bind(&SocketAddr::new(source, 0).into())?;
    }
    Ok(socket)
}

const EINPROGRESS: i32 = rustix::io::Errno::INPROGRESS.raw_os_error();
