//! Requests and targets as Python classes.

use std::net::IpAddr;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::streams::stream_of;
use super::uploads::{upload_of, UploadOfPython};
use crate::address::{Address, InvalidAddress};
use crate::expect::{Expectation, ExpectedBody};
use crate::http2::{self, Scheme};
use crate::load;
use crate::request;
use crate::template::Template;
use crate::tls::{ClientTls, Trust};
use crate::websocket::{Kind, Upgrade};
use crate::wellformed;

impl From<InvalidAddress> for PyErr {
    fn from(error: InvalidAddress) -> Self {
        PyValueError::new_err(error.to_string())
    }
}

#[pyclass(name = "Request", module = "timetrial._engine", frozen)]
pub struct Request(request::Request);

#[pymethods]
impl Request {
    #[new]
    #[pyo3(signature = (
        *, host, path, method = "GET", headers = vec![], content = vec![],
        status = None, body = None, body_bytes = None, body_template = None, body_crc32c = None,
        body_sha256 = None, http2 = None, upload = None, decodes = false
    ))]
    // One argument for each part of a request.
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)]
    fn new(
        host: &str,
        path: &str,
        method: &str,
        headers: Vec<(String, String)>,
        content: Vec<u8>,
        status: Option<u16>,
        body: Option<Vec<u8>>,
        body_bytes: Option<u64>,
        body_template: Option<&str>,
        body_crc32c: Option<u32>,
        body_sha256: Option<[u8; 32]>,
        http2: Option<&str>,
        upload: Option<UploadOfPython>,
        decodes: bool,
    ) -> PyResult<Self> {
        wellformed::check(method, host, path, &headers, &content).map_err(PyValueError::new_err)?;
        let body = match (body, body_template, body_crc32c, body_bytes) {
            (None, None, None, length) if body_sha256.is_some() => {
                ExpectedBody::Sha256 { length, digest: body_sha256.unwrap_or_default() }
            }
            (None, None, None, None) => ExpectedBody::Any,
            (Some(body), None, None, None) => ExpectedBody::Literal(body.into()),
            (None, Some(text), None, None) => ExpectedBody::Template(Arc::new(Template::new(text))),
            (None, None, Some(crc32c), Some(length)) => ExpectedBody::Digest { length, crc32c },
            (None, None, None, Some(length)) => ExpectedBody::Length(length),
            _ => {
                return Err(PyValueError::new_err(
                    "one of body, body_template and body_bytes is allowed; body_crc32c needs \
                     body_bytes, and body_sha256 may have it",
                ))
            }
        };
        let expect = Expectation { status, body };
        let Some(scheme) = http2.map(scheme_of).transpose()? else {
            let request = match upload {
                None => request::Request::new(method, host, path, &headers, &content, expect),
                Some(upload) => {
                    let upload = upload_of(upload, &headers, &content)?;
                    request::Request::uploading(method, host, path, &headers, upload, expect)
                }
            };
            return Ok(Self(if decodes { request.decoding() } else { request }));
        };
        if upload.is_some() || decodes {
            return Err(PyValueError::new_err("uploads and decoding are for HTTP/1.1"));
        }
        http2::check(&headers).map_err(PyValueError::new_err)?;
        let with_http2 = request::Request::with_http2;
        Ok(Self(with_http2(scheme, method, host, path, &headers, &content, expect)))
    }

    /// The same request, whose response is a stream.
    #[pyo3(signature = (kind, *, numbers = None, events = None))]
    fn streamed(&self, kind: &str, numbers: Option<&str>, events: Option<u64>) -> PyResult<Self> {
        let stream = stream_of(kind, numbers, events)?;
        Ok(Self(self.0.clone().streamed(stream)))
    }

    #[staticmethod]
    #[pyo3(signature = (
        *, host, path, headers = vec![], content = vec![], is_text = true,
        body = None, body_bytes = None, body_template = None, deflates = false,
        broadcasts = false
    ))]
    // One argument for each part of a message and its upgrade.
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)]
    fn message(
        host: &str,
        path: &str,
        headers: Vec<(String, String)>,
        content: Vec<u8>,
        is_text: bool,
        body: Option<Vec<u8>>,
        body_bytes: Option<u64>,
        body_template: Option<&str>,
        deflates: bool,
        broadcasts: bool,
    ) -> PyResult<Self> {
        wellformed::check("GET", host, path, &headers, b"").map_err(PyValueError::new_err)?;
        let kind = if is_text { Kind::Text } else { Kind::Binary };
        if is_text && std::str::from_utf8(&content).is_err() {
            return Err(PyValueError::new_err("a text message has to be UTF-8"));
        }
        let body = match (body, body_template, body_bytes) {
            (None, None, None) => ExpectedBody::Any,
            (Some(body), None, None) => ExpectedBody::Literal(body.into()),
            (None, Some(text), None) => ExpectedBody::Template(Arc::new(Template::new(text))),
            (None, None, Some(length)) => ExpectedBody::Length(length),
            _ => {
                return Err(PyValueError::new_err(
                    "one of body, body_template and body_bytes is allowed",
                ))
            }
        };
        let upgrade = Upgrade::new(host, path, &headers);
        let upgrade = if deflates { upgrade.offering_deflate() } else { upgrade };
        let expect = Expectation { status: None, body };
        let message = request::Request::message(kind, &content, upgrade, expect);
        let message = if broadcasts { message.broadcast() } else { message };
        if broadcasts && !message.is_broadcast() {
            return Err(PyValueError::new_err("a broadcast needs a {token} in its message"));
        }
        Ok(Self(message))
    }
}

fn scheme_of(name: &str) -> PyResult<Scheme> {
    match name {
        "http" => Ok(Scheme::Http),
        "https" => Ok(Scheme::Https),
        _ => Err(PyValueError::new_err(format!("{name:?} is neither http nor https"))),
    }
}

/// (host, authorities in PEM, whether the certificate is not verified, whether sessions go on)
type TlsOfPython = (String, Option<Vec<u8>>, bool, bool);

#[pyclass(name = "Target", module = "timetrial._engine", frozen)]
pub struct Target(pub load::Target);

#[pymethods]
impl Target {
    #[new]
    #[pyo3(signature = (address, requests, *, sources = vec![], tls = None))]
    fn new(
        address: &str,
        requests: Vec<PyRef<'_, Request>>,
        sources: Vec<IpAddr>,
        tls: Option<TlsOfPython>,
    ) -> PyResult<Self> {
        if requests.is_empty() {
            return Err(PyValueError::new_err("a target without requests: at least one is needed"));
        }
        let tls = tls
            .map(|(host, authorities, insecure, resumes)| {
                let trust = match authorities {
                    _ if insecure => Trust::Unverified,
                    Some(pem) => Trust::Authorities(pem),
                    None => Trust::System,
                };
                ClientTls::new(&host, &trust, resumes)
            })
            .transpose()
            .map_err(PyValueError::new_err)?;
        let is_http2 = requests[0].0.template().is_some();
        let tls = if is_http2 { tls.map(ClientTls::for_http2) } else { tls };
        let address = address.parse::<Address>()?;
        let requests: Vec<_> = requests.into_iter().map(|request| request.0.clone()).collect();
        let (requests, sources) = (requests.into(), sources.into());
        Ok(Self(load::Target { address, requests, tls, sources }))
    }
}
