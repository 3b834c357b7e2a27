//! The wish of a user, or of the system, that the command ends.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Arc;
use std::thread::{self, Thread};

/// Becomes true with SIGINT or SIGTERM; the calling thread is then woken from its park.
pub fn interruption() -> Result<Arc<AtomicBool>, String> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&interrupted);
    let waiting: Thread = thread::current();
    ctrlc::set_handler(move || {
        told.store(true, Relaxed);
        waiting.unpark();
    })
    .map_err(|error| format!("signals cannot be handled: {error}"))?;
    Ok(interrupted)
}
