//! Certificates and the TLS configuration of a responder.

use std::error::Error;
use std::io;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A server's certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerTls {
    /// The server's certificate first, then those of its issuers.
    pub certificate_pem: String,
    pub key_pem: String,
}

/// A server's certificate, and the authority that clients have to trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfSigned {
    pub server: ServerTls,
    pub authority_pem: String,
}

impl SelfSigned {
    /// Creates an authority and a certificate for localhost, 127.0.0.1 and `::1`.
    pub fn make() -> io::Result<Self> {
        make().map_err(io::Error::other)
    }
}

fn make() -> Result<SelfSigned, rcgen::Error> {
    let mut of_authority = named("Timetrial test authority", Vec::new())?;
    of_authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    of_authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(of_authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut of_server = named("Timetrial test server", names.into())?;
    of_server.use_authority_key_identifier_extension = true;
    of_server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    of_server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = of_server.signed_by(&key, &authority)?;
    let server = ServerTls { certificate_pem: certificate.pem(), key_pem: key.serialize_pem() };
    Ok(SelfSigned { server, authority_pem: authority.pem() })
}

/// Subjects must differ: OpenSSL treats a certificate whose subject is its issuer as self-signed.
fn named(subject: &str, names: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, subject);
    Ok(params)
}

/// The server side of TLS 1.2 and 1.3, with HTTP/1.1 as the only protocol.
pub(super) fn server_config(tls: &ServerTls) -> io::Result<Arc<rustls::ServerConfig>> {
    let invalid =
        |error: Box<dyn Error + Send + Sync>| io::Error::new(io::ErrorKind::InvalidInput, error);
    let certificates = CertificateDer::pem_slice_iter(tls.certificate_pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| invalid(error.into()))?;
    let key = PrivateKeyDer::from_pem_slice(tls.key_pem.as_bytes())
        .map_err(|error| invalid(error.into()))?;
    let provider = Arc::new(ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(error.into()))?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(|error| invalid(error.into()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
