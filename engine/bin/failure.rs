//! Why a command failed, and its exit code.

use std::fmt;
use std::process::ExitCode;

use timetrial_engine::session::SessionError;

/// The exit code if some requests had no correct response, or none was due.
pub const REQUESTS_FAILED: u8 = 3;
/// The exit code after SIGINT or SIGTERM.
pub const INTERRUPTED: u8 = 130;

/// Why a command failed.
pub enum Failure {
    /// One sentence: what is wrong, and what is allowed.
    BadInput(String),
    /// The engine could not continue.
    Engine(SessionError),
}

impl Failure {
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::BadInput(_) => ExitCode::from(2),
            Self::Engine(_) => ExitCode::FAILURE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadInput(what) => out.write_str(what),
            Self::Engine(error) => error.fmt(out),
        }
    }
}

impl From<String> for Failure {
    fn from(what: String) -> Self {
        Self::BadInput(what)
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Misuse(what) => Self::BadInput(what.to_owned()),
            // An unknown CPU, an unusable backend, or no more file descriptors.
            SessionError::Io(error) => {
                Self::BadInput(format!("the load cannot be driven: {error}"))
            }
            other => Self::Engine(other),
        }
    }
}
