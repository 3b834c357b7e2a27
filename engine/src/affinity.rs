//! Sets of CPUs that threads are pinned to.

use std::io;

use rustix::thread::CpuSet;

/// The set of this CPU alone. `InvalidInput` if no kernel has a CPU of that number.
pub fn only(cpu: usize) -> io::Result<CpuSet> {
    if cpu >= CpuSet::MAX_CPU {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("no CPU {cpu}")));
    }
    let mut set = CpuSet::new();
    set.set(cpu);
    Ok(set)
}
