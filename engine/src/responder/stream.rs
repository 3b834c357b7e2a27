//! The byte stream of one connection, plain or through TLS. Never blocks.

use std::io::{self, Read, Write};
use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::net::{self, sockopt, Shutdown};
use rustls::ServerConnection;

use super::wire::Wire;

/// The byte stream of one connection.
pub enum Stream {
    Plain(Wire),
    Tls(Box<Tls>),
}

/// A TLS session over a socket.
pub struct Tls {
    wire: Wire,
    session: ServerConnection,
}

impl Stream {
    pub fn socket(&self) -> BorrowedFd<'_> {
        self.wire().socket()
    }

    pub fn tls(wire: Wire, session: ServerConnection) -> Self {
        Self::Tls(Box::new(Tls { wire, session }))
    }

    /// When the bytes of the last read were received.
    pub fn received_ns(&self) -> u64 {
        self.wire().received_ns
    }

    fn wire(&self) -> &Wire {
        match self {
            Self::Plain(wire) => wire,
            Self::Tls(tls) => &tls.wire,
        }
    }

    /// Does a short read mean that there is nothing left to read?
    pub fn short_read_is_last(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(wire) => wire.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(wire) => wire.write(bytes),
            Self::Tls(tls) => tls.write(bytes),
        }
    }

    /// Has the kernel accepted all bytes that were written?
    pub fn is_flushed(&self) -> bool {
        match self {
            Self::Plain(_) => true,
            Self::Tls(tls) => !tls.session.wants_write(),
        }
    }

    /// Passes written bytes to the kernel, as many as it accepts.
    pub fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tls(tls) => tls.flush(),
        }
    }

    /// Sends the close notification of TLS.
    pub fn notify_close(&mut self) {
        if let Self::Tls(tls) = self {
            tls.session.send_close_notify();
            // The connection ends even if this fails.
            let _ = tls.flush();
        }
    }

    /// Closes the sending side only. A full close would answer further bytes of the peer with a
    /// reset, which could discard responses that the peer has not read.
    pub fn shutdown_sending(&mut self) {
        self.notify_close();
        // Fails if the peer has closed already.
        let _ = net::shutdown(self.socket(), Shutdown::Write);
    }

    /// Makes the close of this socket a reset.
    pub fn reset_on_close(&self) {
        // Fails on a Unix socket, which has no reset.
        let _ = sockopt::set_socket_linger(self.socket(), Some(Duration::ZERO));
    }
}

impl Tls {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.session.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // The peer has closed without a close notification.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                result => return result,
            }
            self.session.read_tls(&mut self.wire)?;
            let processed = self.session.process_new_packets();
            match self.flush() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                flushed => flushed?,
            }
            processed.map_err(io::Error::other)?;
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.flush()?;
        let accepted = self.session.writer().write(bytes)?;
        match self.flush() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(accepted),
            flushed => flushed.map(|()| accepted),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.session.wants_write() {
            self.session.write_tls(&mut self.wire)?;
        }
        Ok(())
    }
}
