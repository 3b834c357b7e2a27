//! TLS of the generator: encrypted bytes in, plain bytes out, and back. No I/O except for reading
//! the system's certificate authorities.

mod handshakes;
mod refusal;

pub use handshakes::{Agreed, Handshakes};
pub use refusal::{Reason, Refusal};

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::client::Resumption;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{ring, verify_tls12_signature, verify_tls13_signature, CryptoProvider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore,
    SignatureScheme,
};

/// The name of HTTP/2 when the protocol is agreed (RFC 9113, 3.2).
const HTTP2: &[u8] = b"h2";
/// So many plain bytes are encrypted at once.
pub const MOST_PLAIN_BYTES: usize = 32 * 1024;

/// How the certificate of a server is verified.
#[derive(Clone, Debug, Default)]
pub enum Trust {
    /// By the authorities of this system, from OpenSSL's paths or `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR`. None are compiled in: curl and Python on the same machine trust the same.
    #[default]
    System,
    /// By these authorities: certificates in PEM.
    Authorities(Vec<u8>),
    /// Not at all.
    Unverified,
}

/// The TLS configuration of all connections to one server.
#[derive(Clone, Debug)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    trusted: Option<Arc<TrustedCertificate>>,
    /// It is of use for HTTP/2 alone.
    is_http2: bool,
}

impl ClientTls {
    /// Each connection has a full handshake, unless `resumes`: what a session that went on costs is
    /// a matter of the server's tickets. The error is a sentence about the host's name or the
    /// authorities.
    pub fn new(host: &str, trust: &Trust, resumes: bool) -> Result<Self, String> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| format!("{host:?} is no name that a certificate can have"))?;
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let (roots, given) = match trust {
            Trust::System => (Some(authorities_of_system()?), vec![]),
            Trust::Authorities(pem) => {
                let given = certificates(pem)?;
                (Some(authorities(&given)?), given)
            }
            Trust::Unverified => (None, vec![]),
        };
        let trusted = roots
            .map(|roots| TrustedCertificate::new(roots, given, Arc::clone(&provider)))
            .transpose()?
            .map(Arc::new);
        let verifier: Arc<dyn ServerCertVerifier> = match &trusted {
            Some(trusted) => Arc::clone(trusted) as Arc<dyn ServerCertVerifier>,
            None => Arc::new(AnyCertificate { provider }),
        };
        let mut config =
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if !resumes {
            config.resumption = Resumption::disabled();
        }
        Ok(Self { config: Arc::new(config), name, trusted, is_http2: false })
    }

    /// The same for HTTP/2, which is offered alone.
    #[must_use]
    pub fn for_http2(mut self) -> Self {
        Arc::make_mut(&mut self.config).alpn_protocols = vec![HTTP2.to_vec()];
        self.is_http2 = true;
        self
    }

    /// Why a session could not go on; None if that is no matter of TLS.
    pub fn refusal(&self, error: &io::Error) -> Option<Refusal> {
        let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
        let is_self_signed = self.trusted.as_ref().is_some_and(|trusted| trusted.saw_self_signed());
        Some(Refusal::of(error, is_self_signed))
    }
}

fn authorities_of_system() -> Result<RootCertStore, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // Collections contain old certificates that cannot be parsed. The others are enough.
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

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_slice_iter(pem)
        .map(|certificate| certificate.map_err(|error| format!("no certificate: {error}")))
        .collect()
}

fn authorities(certificates: &[CertificateDer<'static>]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate.clone()).map_err(|error| format!("no authority: {error}"))?;
    }
    if roots.is_empty() {
        return Err("there is no certificate in the file of authorities".to_owned());
    }
    Ok(roots)
}

/// The effect of received bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decrypted {
    /// These bytes completed the handshake: requests may be sent.
    pub became_ready: bool,
    /// The peer has sent its close notification.
    pub ended: bool,
}

/// The TLS session of one connection.
pub struct TlsStream {
    connection: ClientConnection,
    plain: Vec<u8>,
    wants_http2: bool,
}

impl TlsStream {
    pub fn new(tls: &ClientTls) -> io::Result<Self> {
        let connection = ClientConnection::new(Arc::clone(&tls.config), tls.name.clone())
            .map_err(io::Error::other)?;
        Ok(Self { connection, plain: vec![], wants_http2: tls.is_http2 })
    }

    /// Is the handshake complete?
    pub fn is_ready(&self) -> bool {
        !self.connection.is_handshaking()
    }

    /// Has the server chosen the protocol that is spoken here? HTTP/1.1 needs no choice.
    pub fn has_agreed(&self) -> bool {
        !self.wants_http2 || self.connection.alpn_protocol() == Some(HTTP2)
    }

    /// Counts the handshake, which is complete.
    pub fn count_in(&self, handshakes: &mut Handshakes) {
        handshakes.count(&self.connection);
    }

    /// Decrypts received bytes into [`TlsStream::plain`].
    pub fn receive(&mut self, mut bytes: &[u8]) -> io::Result<Decrypted> {
        let was_ready = self.is_ready();
        self.plain.clear();
        let mut ended = false;
        while !bytes.is_empty() {
            self.connection.read_tls(&mut bytes)?;
            let state = self.connection.process_new_packets().map_err(io::Error::other)?;
            let start = self.plain.len();
            self.plain.resize(start + state.plaintext_bytes_to_read(), 0);
            self.connection.reader().read_exact(&mut self.plain[start..])?;
            ended |= state.peer_has_closed();
        }
        Ok(Decrypted { became_ready: !was_ready && self.is_ready(), ended })
    }

    /// The plain bytes of the last [`TlsStream::receive`].
    pub fn plain(&self) -> &[u8] {
        &self.plain
    }

    /// Replaces `wire` by plain bytes, encrypted.
    pub fn send(&mut self, plain: &[u8], wire: &mut Vec<u8>) -> io::Result<()> {
        wire.clear();
        // The session takes a limited number of bytes until they are fetched.
        for part in plain.chunks(MOST_PLAIN_BYTES) {
            self.connection.writer().write_all(part)?;
            self.fetch(wire)?;
        }
        Ok(())
    }

    /// Says that no more follows: [`TlsStream::outgoing`] then returns that.
    pub fn say_close(&mut self) {
        self.connection.send_close_notify();
    }

    /// Replaces `wire` by the encrypted bytes that have to be sent.
    pub fn outgoing(&mut self, wire: &mut Vec<u8>) -> io::Result<()> {
        wire.clear();
        self.fetch(wire)
    }

    fn fetch(&mut self, wire: &mut Vec<u8>) -> io::Result<()> {
        while self.connection.wants_write() {
            self.connection.write_tls(wire)?;
        }
        Ok(())
    }
}

/// Accepts the certificates that authorities vouch for, and those that are trusted themselves.
#[derive(Debug)]
struct TrustedCertificate {
    by_authority: Arc<WebPkiServerVerifier>,
    /// A self-signed certificate is no authority's, but may be among them: then it is trusted.
    given: Vec<CertificateDer<'static>>,
    saw_self_signed: AtomicBool,
}

impl TrustedCertificate {
    fn new(
        roots: RootCertStore,
        given: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let by_authority = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { by_authority, given, saw_self_signed: AtomicBool::new(false) })
    }

    fn saw_self_signed(&self) -> bool {
        self.saw_self_signed.load(Relaxed)
    }
}

impl ServerCertVerifier for TrustedCertificate {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.by_authority.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        let Err(rustls::Error::InvalidCertificate(why)) = &verified else { return verified };
        self.saw_self_signed.fetch_or(refusal::is_self_signed(end_entity), Relaxed);
        // The dates were checked before it was found to be an authority's own.
        if matches!(why, CertificateError::Other(_)) && self.given.iter().any(|c| c == end_entity) {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        verified
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.by_authority.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.by_authority.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.by_authority.supported_verify_schemes()
    }
}

/// Accepts every certificate. Only checks that the server has its private key.
#[derive(Debug)]
struct AnyCertificate {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyCertificate {
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
