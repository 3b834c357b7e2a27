//! What a thread and all that it starts from now on have executed, by the kernel's counters (man 2
//! `perf_event_open`).

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// What is counted, in user space alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Instructions, by the CPU.
    Instructions,
    /// Nanoseconds on a CPU, by the kernel: also where a CPU lends its counters to nobody.
    TaskClock,
}

impl Event {
    /// Type and number of the event for the kernel.
    fn numbers(self) -> (u32, u64) {
        match self {
            Self::Instructions => (0, 1),
            Self::TaskClock => (1, 1),
        }
    }
}

/// The first version of `struct perf_event_attr`, which every kernel takes.
#[repr(C)]
#[derive(Default)]
struct Attributes {
    kind: u32,
    size: u32,
    config: u64,
    sample_period: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup: u64,
    config1: u64,
}

const SIZE: u32 = 64;
const _: () = assert!(size_of::<Attributes>() == SIZE as usize);
const INHERIT: u64 = 1 << 1;
/// Never in turns with other counters: what is read is no estimate.
const PINNED: u64 = 1 << 2;
const EXCLUDE_KERNEL: u64 = 1 << 5;
const EXCLUDE_HYPERVISOR: u64 = 1 << 6;
const CLOSE_ON_EXEC: libc::c_ulong = 1 << 3;
const ANY_CPU: libc::c_int = -1;
const NO_GROUP: libc::c_int = -1;

/// A counter of one thread, and of all threads and processes that it starts later.
#[derive(Debug)]
pub struct TaskCounter(OwnedFd);

impl TaskCounter {
    /// Begins to count. Fails where the CPU has no such counter, or the kernel does not allow it.
    pub fn open(thread: i32, event: Event) -> io::Result<Self> {
        let (kind, config) = event.numbers();
        let attributes = Attributes {
            kind,
            size: SIZE,
            config,
            flags: INHERIT | PINNED | EXCLUDE_KERNEL | EXCLUDE_HYPERVISOR,
            ..Attributes::default()
        };
        // SAFETY: the attributes outlive the call, and have the size that they name.
        let opened = unsafe {
            libc::syscall(
                libc::SYS_perf_event_open,
                &raw const attributes,
                thread,
                ANY_CPU,
                NO_GROUP,
                CLOSE_ON_EXEC,
            )
        };
        match i32::try_from(opened) {
            // SAFETY: the kernel has just opened it, and nobody else has it.
            Ok(descriptor) if descriptor >= 0 => {
                Ok(Self(unsafe { OwnedFd::from_raw_fd(descriptor) }))
            }
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// The count so far. Fails where another counter has taken its place.
    pub fn read(&self) -> io::Result<u64> {
        let mut count = [0; 8];
        // SAFETY: there is room for the eight bytes.
        let bytes =
            unsafe { libc::read(self.0.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) };
        match usize::try_from(bytes) {
            Ok(read) if read == count.len() => Ok(u64::from_ne_bytes(count)),
            Ok(_) => Err(io::Error::other("another counter has taken its place")),
            Err(_) => Err(io::Error::last_os_error()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::{Duration, Instant};

    fn busy() {
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(5) {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn a_thread_that_is_started_later_counts_too() {
        thread::spawn(|| {
            let Ok(counter) = TaskCounter::open(0, Event::TaskClock) else {
                println!("skipped: this kernel does not allow perf_event_open");
                return;
            };
            let before = counter.read().unwrap();
            let (done, finished) = channel();
            let (end, ended) = channel::<()>();
            let child = thread::spawn(move || {
                busy();
                done.send(()).unwrap();
                let _ = ended.recv();
            });
            finished.recv().unwrap();
            let with_child = counter.read().unwrap();
            assert!(with_child - before > 1_000_000, "{before} {with_child}");
            drop(end);
            child.join().unwrap();
            assert!(counter.read().unwrap() >= with_child);
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_thread_that_does_not_exist_is_refused() {
        assert!(TaskCounter::open(i32::MAX, Event::TaskClock).is_err());
    }
}
