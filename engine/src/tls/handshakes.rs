//! What TLS has agreed on with a server, and how many handshakes went on with an earlier session.

use rustls::{ClientConnection, HandshakeKind, ProtocolVersion};

/// What a handshake has agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// For example `TLS 1.3`.
    pub version: &'static str,
    /// Its registered name.
    pub cipher: &'static str,
    /// The protocol that was chosen by ALPN; None: the server chose none.
    pub alpn: Option<String>,
}

/// The handshakes of a drive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handshakes {
    /// Of the first one.
    pub agreed: Option<Agreed>,
    pub full: u64,
    /// Those that went on with an earlier session.
    pub resumed: u64,
    /// Those that agreed on something else than the first.
    pub otherwise: u64,
}

impl Handshakes {
    /// Counts a handshake that is complete.
    pub fn count(&mut self, connection: &ClientConnection) {
        match connection.handshake_kind() {
            Some(HandshakeKind::Resumed) => self.resumed += 1,
            _ => self.full += 1,
        }
        self.agree(agreed(connection), 1);
    }

    /// Adds those of another thread.
    pub fn merge(&mut self, other: &Self) {
        self.full += other.full;
        self.resumed += other.resumed;
        self.otherwise += other.otherwise;
        if let Some(agreed) = &other.agreed {
            self.agree(agreed.clone(), other.full + other.resumed - other.otherwise);
        }
    }

    fn agree(&mut self, agreed: Agreed, times: u64) {
        match &self.agreed {
            None => self.agreed = Some(agreed),
            Some(first) if *first == agreed => {}
            Some(_) => self.otherwise += times,
        }
    }
}

fn agreed(connection: &ClientConnection) -> Agreed {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS of another version",
    };
    let cipher = connection
        .negotiated_cipher_suite()
        .and_then(|suite| suite.suite().as_str())
        .unwrap_or("another cipher");
    let alpn = connection.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned());
    Agreed { version, cipher, alpn }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(version: &'static str, full: u64, resumed: u64) -> Handshakes {
        let agreed = Some(Agreed { version, cipher: "C", alpn: None });
        Handshakes { agreed, full, resumed, otherwise: 0 }
    }

    #[test]
    fn threads_that_agreed_on_the_same_add_up_and_others_are_counted() {
        let mut sum = Handshakes::default();
        sum.merge(&of("TLS 1.3", 2, 1));
        sum.merge(&of("TLS 1.3", 1, 0));
        assert_eq!(sum, of("TLS 1.3", 3, 1));
        sum.merge(&of("TLS 1.2", 4, 1));
        assert_eq!((sum.full, sum.resumed, sum.otherwise), (7, 2, 5));
        assert_eq!(sum.agreed.unwrap().version, "TLS 1.3");
    }
}
