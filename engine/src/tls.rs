//! TLS on the generator's side: bytes from the wire in, plain bytes out, and back. No I/O, but for
//! the authorities of the system.
//!
//! Those are read from where OpenSSL has them (or `SSL_CERT_FILE` and `SSL_CERT_DIR` name them),
//! by rustls-native-certs, rather than compiled in: a server is believed here if curl or Python
//! believe it on the same machine, with the authorities that a company or a developer has added,
//! and without those that were withdrawn since the engine was built.

use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{ring, verify_tls12_signature, verify_tls13_signature, CryptoProvider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

/// Which servers are believed.
#[derive(Clone, Debug, Default)]
pub enum Trust {
    /// Those that an authority vouches for which this system trusts.
    #[default]
    System,
    /// Those that one of these authorities vouches for: certificates in PEM.
    Authorities(Vec<u8>),
    /// Whoever answers.
    Anyone,
}

/// What connections to one server have in common.
#[derive(Clone, Debug)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl ClientTls {
    /// The error is a sentence that says what is wrong with the host's name or the authorities.
    pub fn new(host: &str, trust: &Trust) -> Result<Self, String> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| format!("{host:?} is no name that a certificate can have"))?;
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let mut config = match trust {
            Trust::System => builder.with_root_certificates(authorities_of_system()?),
            Trust::Authorities(pem) => builder.with_root_certificates(authorities(pem)?),
            Trust::Anyone => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Gullible { provider })),
        }
        .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), name })
    }
}

fn authorities_of_system() -> Result<RootCertStore, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // Collections contain old certificates that cannot be used any more; the others can.
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let why = found.errors.first().map_or(String::new(), |error| format!(": {error}"));
        return Err(format!(
            "this system has no certificates of authorities{why}; SSL_CERT_FILE may name a file of \
             them"
        ));
    }
    Ok(roots)
}

fn authorities(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| format!("no certificate: {error}"))?;
        roots.add(certificate).map_err(|error| format!("no authority: {error}"))?;
    }
    if roots.is_empty() {
        return Err("there is no certificate in the file of authorities".to_owned());
    }
    Ok(roots)
}

/// What bytes from the wire have brought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenIn {
    /// The handshake has ended with these bytes: requests may be sent.
    pub became_ready: bool,
    /// The peer has said that nothing more comes.
    pub ended: bool,
}

/// One connection.
pub struct TlsStream {
    connection: ClientConnection,
    plain: Vec<u8>,
}

impl TlsStream {
    pub fn new(tls: &ClientTls) -> io::Result<Self> {
        let connection = ClientConnection::new(Arc::clone(&tls.config), tls.name.clone())
            .map_err(io::Error::other)?;
        Ok(Self { connection, plain: vec![] })
    }

    pub fn is_ready(&self) -> bool {
        !self.connection.is_handshaking()
    }

    /// Takes in bytes from the wire; [`TlsStream::plain`] has what they say.
    pub fn take_in(&mut self, mut bytes: &[u8]) -> io::Result<TakenIn> {
        let was_ready = self.is_ready();
        self.plain.clear();
        let mut ended = false;
        while !bytes.is_empty() {
            self.connection.read_tls(&mut bytes)?;
            let state = self.connection.process_new_packets().map_err(io::Error::other)?;
            let begin = self.plain.len();
            self.plain.resize(begin + state.plaintext_bytes_to_read(), 0);
            self.connection.reader().read_exact(&mut self.plain[begin..])?;
            ended |= state.peer_has_closed();
        }
        Ok(TakenIn { became_ready: !was_ready && self.is_ready(), ended })
    }

    pub fn plain(&self) -> &[u8] {
        &self.plain
    }

    /// Takes plain bytes that are to be sent.
    pub fn send(&mut self, plain: &[u8]) -> io::Result<()> {
        self.connection.writer().write_all(plain)
    }

    /// Writes down what has to go to the wire.
    pub fn outgoing(&mut self, wire: &mut Vec<u8>) -> io::Result<()> {
        wire.clear();
        while self.connection.wants_write() {
            self.connection.write_tls(wire)?;
        }
        Ok(())
    }
}

/// Believes every certificate, and checks only that the server has the key that belongs to it.
#[derive(Debug)]
struct Gullible {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Gullible {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
