//! Client sockets: their options, and how to connect them without blocking.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::address::Address;

/// Starts a connect. The socket becomes writable once the connect has succeeded or failed.
pub fn begin_connect(address: &Address, source: Option<IpAddr>) -> io::Result<Socket> {
    let (socket, peer) = unconnected(address, source)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&peer) {
        Ok(()) => Ok(socket),
        Err(error) if error.raw_os_error() == Some(EINPROGRESS) => Ok(socket),
        Err(error) => Err(error),
    }
}

/// Creates a blocking socket and the address to connect it to.
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
    if peer.ip().is_loopback() {
        // Loopback loses no packet. Algorithms such as bbr pace sends by timers, which takes CPU
        // time and can delay a request. If reno is not permitted, the system's default stays.
        let _ = socket.set_tcp_congestion(b"reno");
    }
    if let Some(source) = source {
        if source.is_ipv4() {
            choose_port_when_connecting(&socket)?;
        }
        socket.bind(&SocketAddr::new(source, 0).into())?;
    }
    Ok(socket)
}

/// Lets connections to different peers share a port. Otherwise `bind` searches for an unused port.
fn choose_port_when_connecting(socket: &Socket) -> io::Result<()> {
    let yes: libc::c_int = 1;
    let length = u32::try_from(size_of_val(&yes)).unwrap_or(0);
    // SAFETY: the option is an integer that outlives the call.
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
