//! Sends each message of a WebSocket server back, for suites that judge clients; as under load, a
//! connection is a [`WebSocket`] and a message a [`Request`]. `websocket_echo ADDRESS plain|deflate PATH...`

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use timetrial_engine::connection::{Arrived, Received, WebSocket};
use timetrial_engine::expect::Expectation;
use timetrial_engine::request::Request;
use timetrial_engine::websocket::{Deflater, Kind, Upgrade};

const LONGEST_SILENCE: Duration = Duration::from_mins(1);
const READ_BYTES: usize = 64 * 1024;

/// One connection.
struct Echo {
    upgrade: Upgrade,
    socket: WebSocket,
    deflater: Deflater,
    /// The message that is being received.
    message: Vec<u8>,
    /// How many were sent: each has a mask of its own.
    sent: u64,
    /// What is to be sent.
    out: Vec<u8>,
}

impl Echo {
    /// Takes received bytes. Returns whether the connection goes on.
    fn take(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let message = &mut self.message;
            let mut keep = |piece: &[u8]| message.extend_from_slice(piece);
            let consumed = match self.socket.receive(bytes, Some(&self.upgrade), &mut keep) {
                Arrived::Message { consumed, kind } => {
                    self.answer(kind);
                    consumed
                }
                Arrived::Other(
                    Received::Upgraded { consumed, .. } | Received::Between { consumed, .. },
                ) => consumed,
                Arrived::Other(Received::Partial) => return true,
                Arrived::Other(_) | Arrived::Violation => return false,
            };
            // A pong goes before the answer to what came behind its ping.
            self.socket.take_replies(&self.upgrade, &mut self.out);
            bytes = &bytes[consumed..];
        }
        true
    }

    fn answer(&mut self, kind: Kind) {
        let upgrade = self.upgrade.clone();
        let request = Request::message(kind, &self.message, upgrade, Expectation::default());
        self.message.clear();
        self.sent += 1;
        if self.socket.deflates() {
            request.write_compressed(self.sent, &mut self.deflater, &mut self.out);
        } else {
            request.write(self.sent, None, &mut self.out);
        }
    }
}

fn converse(address: &str, upgrade: Upgrade) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LONGEST_SILENCE))?;
    let (socket, deflater) = (WebSocket::default(), Deflater::default());
    let mut echo = Echo { upgrade, socket, deflater, message: vec![], sent: 0, out: vec![] };
    echo.socket.begin(1);
    let mut received = vec![0; READ_BYTES];
    let mut goes_on = true;
    loop {
        echo.socket.take_replies(&echo.upgrade, &mut echo.out);
        stream.write_all(&echo.out)?;
        echo.out.clear();
        if !goes_on {
            // With a reset, which bytes that nobody has read would cause, the close may be lost.
            stream.shutdown(Shutdown::Write)?;
            io::copy(&mut stream, &mut io::sink())?;
            return Ok(());
        }
        let bytes = stream.read(&mut received)?;
        if bytes == 0 {
            return Ok(());
        }
        goes_on = echo.take(&received[..bytes]);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, compression, paths @ ..] = arguments.as_slice() else {
        return Err("ADDRESS, plain or deflate, and paths are missing".into());
    };
    for path in paths {
        let plain = Upgrade::new(address, path, &[]);
        let upgrade = if compression == "deflate" { plain.offering_deflate() } else { plain };
        match converse(address, upgrade) {
            // Servers may close at once when they are told of a violation.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::NotConnected
                ) => {}
            ended => ended?,
        }
    }
    Ok(())
}
