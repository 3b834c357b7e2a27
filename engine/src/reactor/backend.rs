//! The choice between the two reactors, by name and by what the kernel supports.

use std::fmt;
use std::str::FromStr;

use super::uring::probe;

/// A kernel interface for input and output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// `io_uring` if it is usable, otherwise epoll.
    #[default]
    Auto,
    Epoll,
    Uring,
}

const ALL: [Backend; 3] = [Backend::Auto, Backend::Epoll, Backend::Uring];

/// Resolves [`Backend::Auto`]. The error says why [`Backend::Uring`] is not usable.
pub fn available(backend: Backend) -> Result<Backend, String> {
    match (backend, probe()) {
        (Backend::Epoll, _) | (Backend::Auto, Err(_)) => Ok(Backend::Epoll),
        (Backend::Auto, Ok(())) => Ok(Backend::Uring),
        (Backend::Uring, outcome) => outcome.map(|()| Backend::Uring),
    }
}

impl FromStr for Backend {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ALL.into_iter()
            .find(|backend| backend.to_string() == text)
            .ok_or_else(|| format!("invalid backend {text:?}: allowed are auto, epoll, io_uring"))
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Auto => "auto",
            Self::Epoll => "epoll",
            Self::Uring => "io_uring",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_reads_as_it_is_written() {
        for backend in ALL {
            assert_eq!(backend.to_string().parse(), Ok(backend));
        }
        assert!("uring".parse::<Backend>().unwrap_err().contains("\"uring\""));
    }

    #[test]
    fn epoll_is_always_available_and_auto_is_never_left_open() {
        assert_eq!(available(Backend::Epoll), Ok(Backend::Epoll));
        assert_ne!(available(Backend::Auto), Ok(Backend::Auto));
    }
}
