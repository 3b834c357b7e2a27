//! Sockets that are to be connected.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;

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
        if source.is_ipv4() {
            choose_port_when_connecting(&socket)?;
        }
        socket.bind(&SocketAddr::new(source, 0).into())?;
    }
    Ok(socket)
}

/// Lets ports be shared by connections to different peers, and found at once: without it `bind` looks
/// for one that nobody uses at all.
fn choose_port_when_connecting(socket: &Socket) -> io::Result<()> {
    let yes: libc::c_int = 1;
    let length = u32::try_from(size_of_val(&yes)).unwrap_or(0);
    // SAFETY: the option is an integer, which lives until the call has returned.
    let outcome = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_IP,
            libc::IP_BIND_ADDRESS_NO_PORT,
            (&raw const yes).cast(),
            length,
        )
    };
    if outcome == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

const EINPROGRESS: i32 = rustix::io::Errno::INPROGRESS.raw_os_error();
