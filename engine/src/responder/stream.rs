//! The socket of one connection, in the clear or through TLS. Never blocks.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::net::{self, sockopt, RecvFlags, SendFlags, Shutdown};
use rustls::ServerConnection;

pub enum Stream {
    Plain(OwnedFd),
    Tls(Box<Tls>),
}

pub struct Tls {
    socket: OwnedFd,
    session: ServerConnection,
}

impl Stream {
    pub fn socket(&self) -> BorrowedFd<'_> {
        match self {
            Self::Plain(socket) => socket.as_fd(),
            Self::Tls(tls) => tls.socket.as_fd(),
        }
    }

    pub fn tls(socket: OwnedFd, session: ServerConnection) -> Self {
        Self::Tls(Box::new(Tls { socket, session }))
    }

    /// Is there nothing left to read when a read gave less than was asked for?
    pub fn short_read_is_last(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => receive(socket, buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => send(socket, bytes),
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
            self.session.read_tls(&mut Wire(self.socket.as_fd()))?;
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
            self.session.write_tls(&mut Wire(self.socket.as_fd()))?;
        }
        Ok(())
    }
}

struct Wire<'a>(BorrowedFd<'a>);

impl Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        receive(self.0, buffer)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        send(self.0, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn receive(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<usize> {
    let (bytes, _) = net::recv(socket, buffer, RecvFlags::empty())?;
    Ok(bytes)
}

fn send(socket: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    Ok(net::send(socket, bytes, SendFlags::NOSIGNAL)?)
}
