//! Why TLS refused a connection, as far as it helps whoever reads it.

use rustls::{AlertDescription, CertificateError, Error};

/// What was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The certificate has signed itself.
    SelfSigned,
    /// An authority has signed it that is not trusted.
    UnknownAuthority,
    /// It has no names: those of a subject's common name no longer count.
    NoNames,
    /// It has other names, which are the detail.
    OtherName,
    Expired,
    NotYetValid,
    /// Any other fault of it.
    Certificate,
    /// What came is no TLS.
    NotTls,
    /// It speaks none of the protocols that were offered (ALPN).
    NoProtocol,
    /// The peer has refused: its alert is the detail.
    Alert,
    Other,
}

impl Reason {
    /// The name in all outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::SelfSigned => "self-signed",
            Self::UnknownAuthority => "unknown-authority",
            Self::NoNames => "no-names",
            Self::OtherName => "other-name",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::Certificate => "certificate",
            Self::NotTls => "not-tls",
            Self::NoProtocol => "no-protocol",
            Self::Alert => "alert",
            Self::Other => "other",
        }
    }
}

/// A reason with what is known beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    /// Names of a certificate, with commas; an alert; or the error in words.
    pub detail: String,
}

impl Refusal {
    pub fn of(error: &Error, is_self_signed: bool) -> Self {
        let reason = match error {
            Error::InvalidCertificate(why) => of_certificate(why, is_self_signed),
            Error::InvalidMessage(_) => Reason::NotTls,
            Error::NoApplicationProtocol
            | Error::AlertReceived(AlertDescription::NoApplicationProtocol) => Reason::NoProtocol,
            Error::AlertReceived(_) => Reason::Alert,
            _ => Reason::Other,
        };
        Self { reason, detail: detail(error) }
    }
}

fn of_certificate(why: &CertificateError, is_self_signed: bool) -> Reason {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Reason::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Reason::NotYetValid
        }
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            Reason::NoNames
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Reason::OtherName
        }
        CertificateError::UnknownIssuer | CertificateError::Other(_) if is_self_signed => {
            Reason::SelfSigned
        }
        // Another authority of the same name: it was made anew, say.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            Reason::UnknownAuthority
        }
        _ => Reason::Certificate,
    }
}

fn detail(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(CertificateError::NotValidForNameContext {
            presented, ..
        }) => presented.join(", "),
        Error::AlertReceived(alert) => format!("{alert:?}"),
        _ => error.to_string(),
    }
}

/// Does a certificate in DER name itself as its issuer?
pub fn is_self_signed(der: &[u8]) -> bool {
    names(der).is_some_and(|(issuer, subject)| issuer == subject)
}

/// Issuer and subject of a certificate (RFC 5280, 4.1).
fn names(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (certificate, _) = element(der)?;
    let (fields, _) = element(certificate)?;
    let first_is_version = *fields.first()? == 0xa0;
    let mut rest = fields;
    // The version may be left out; then serial number and algorithm of the signature.
    for _ in 0..2 + u8::from(first_is_version) {
        (_, rest) = element(rest)?;
    }
    let (issuer, rest) = element(rest)?;
    let (_validity, rest) = element(rest)?;
    let (subject, _) = element(rest)?;
    Some((issuer, subject))
}

/// The content of the first element in DER, and what follows it.
fn element(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = der.get(1..)?.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let digits = usize::from(first & 0x7f);
        let (length, rest) = rest.split_at_checked(digits).filter(|_| digits <= 4)?;
        (length.iter().fold(0, |value, &byte| value << 8 | usize::from(byte)), rest)
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_not_self_signed() {
        for der in [&b""[..], b"0", b"0\x84\xff\xff\xff\xff", b"0\x030\x01\xa0", &[0x30; 64]] {
            assert!(!is_self_signed(der), "{der:?}");
        }
    }
}
