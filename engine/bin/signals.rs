//! Interruption of a command by a signal.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Arc;
use std::thread::{self, Thread};

/// A flag that SIGINT and SIGTERM set. They also unpark the calling thread.
pub fn interruption() -> Result<Arc<AtomicBool>, String> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    let parked: Thread = thread::current();
    ctrlc::set_handler(move || {
        flag.store(true, Relaxed);
        parked.unpark();
    })
    .map_err(|error| format!("signals cannot be handled: {error}"))?;
    Ok(interrupted)
}
