//! The socket of one connection, in the clear or through TLS. Never blocks.

use std::io::{self, Read, Write};
use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::net::{self, sockopt, Shutdown};
use rustls::ServerConnection;

use super::wire::Wire;

pub enum Stream {
    Plain(Wire),
    Tls(Box<Tls>),
}

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

    /// When the bytes came that were read last.
    pub fn received_ns(&self) -> u64 {
        self.wire().received_ns
    }

    fn wire(&self) -> &Wire {
        match self {
            Self::Plain(wire) => wire,
            Self::Tls(tls) => &tls.wire,
        }
    }

    /// Is there nothing left to read when a read gave less than was asked for?
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

    /// Has the kernel taken all that was written?
    pub fn is_flushed(&self) -> bool {
        match self {
            Self::Plain(_) => true,
            Self::Tls(tls) => !tls.session.wants_write(),
        }
    }

    /// Hands the kernel as much as it takes of what was written.
    pub fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tls(tls) => tls.flush(),
        }
    }

    /// Tells the peer that nothing more comes.
    pub fn say_goodbye(&mut self) {
        if let Self::Tls(tls) = self {
            tls.session.send_close_notify();
            // The connection ends in any case.
            let _ = tls.flush();
        }
    }

    /// Ends the sending side alone: what the peer is still sending does not become a reset, which
    /// could overtake responses that it has not read.
    pub fn end_sending(&mut self) {
        self.say_goodbye();
        // Fails when the peer has gone, and then there is nothing to be told.
        let _ = net::shutdown(self.socket(), Shutdown::Write);
    }

    /// Makes the close of this socket a reset.
    pub fn reset_on_close(&self) {
        // A Unix socket knows no reset.
        let _ = sockopt::set_socket_linger(self.socket(), Some(Duration::ZERO));
    }
}

impl Tls {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.session.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // A peer that closes without saying so has closed nonetheless.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                done => return done,
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
        let taken = self.session.writer().write(bytes)?;
        match self.flush() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(taken),
            flushed => flushed.map(|()| taken),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.session.wants_write() {
            self.session.write_tls(&mut self.wire)?;
        }
        Ok(())
    }
}
