//! How fast CPUs are, seen beside the server: a thread on each of them does a fixed piece of work
//! every 20 ms, and times it by its own CPU clock. What slows it down slows the server down.

mod calibration;
mod readings;
mod work;

use std::io;
use std::sync::{mpsc, Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use calibration::{Refusal, MOST_CPU_SHARE};
pub use readings::Readings;

use crate::clock::{now_ns, thread_cpu_ns};
use calibration::{calibrate, EVERY_NS};
use work::Work;

const EVERY: Duration = Duration::from_nanos(EVERY_NS);

/// Between two tries of calibrating.
const REST: Duration = Duration::from_millis(1);

/// The amount of work of this process: windows are compared, so all of them have the same.
static AMOUNT: OnceLock<u32> = OnceLock::new();

/// Threads that sleep between `begin` and `end` but for their work; outside they do nothing.
pub struct SpeedProbe {
    amount: u32,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Counts spans; a reading that began in an earlier one is dropped.
    span: u64,
    began: Option<(Instant, u64)>,
    over: bool,
    readings: Vec<Readings>,
}

impl SpeedProbe {
    /// Pins a thread to each CPU. Without an amount, that of this process is taken, which its first
    /// call finds out on the first of these CPUs.
    pub fn open(cpus: &[usize], amount: Option<u32>) -> Result<Self, Refusal> {
        let Some(&first) = cpus.first() else {
            return Err(Refusal::NoCpu);
        };
        let amount = if let Some(known) = amount.or_else(|| AMOUNT.get().copied()) {
            known.max(1)
        } else {
            let found = calibrated_on(first)?;
            *AMOUNT.get_or_init(|| found)
        };
        let state = State {
            span: 0,
            began: None,
            over: false,
            readings: cpus.iter().map(|&cpu| Readings::of(cpu)).collect(),
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let mut probe = Self { amount, shared, threads: Vec::new() };
        let (ready, pinned) = mpsc::channel();
        for (place, &cpu) in cpus.iter().enumerate() {
            let (shared, ready) = (Arc::clone(&probe.shared), ready.clone());
            // Threads of several CPUs take turns, so that they do not disturb all at once.
            let first_after = EVERY.mul_f64((place as f64 + 0.5) / cpus.len() as f64);
            let spawned = thread::Builder::new().name("speed-probe".into()).spawn(move || {
                let result = pin(cpu);
                let is_pinned = result.is_ok();
                // The receiver waits for one result of each thread.
                let _ = ready.send(result);
                if is_pinned {
                    shared.read_in_turn(place, amount, first_after);
                }
            });
            probe.threads.push(spawned.map_err(|error| Refusal::NoThread(error.to_string()))?);
        }
        for _ in cpus {
            pinned
                .recv()
                .unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
                .map_err(|error| refused(&error))?;
        }
        Ok(probe)
    }

    /// How many steps the piece of work has.
    pub fn amount(&self) -> u32 {
        self.amount
    }

    /// Begins a span, without any readings of the one before.
    pub fn begin(&self) {
        let mut state = self.shared.lock();
        state.span += 1;
        state.began = Some((Instant::now(), now_ns()));
        for readings in &mut state.readings {
            *readings = Readings::of(readings.cpu);
        }
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Ends the span: the readings of each CPU, in the order in which the CPUs were given.
    pub fn end(&self) -> Vec<Readings> {
        let mut state = self.shared.lock();
        state.span += 1;
        let length_ns = state.began.take().map_or(0, |(_, at_ns)| now_ns().saturating_sub(at_ns));
        let readings = state.readings.iter().map(|one| one.over(length_ns)).collect();
        drop(state);
        self.shared.changed.notify_all();
        readings
    }
}

impl Drop for SpeedProbe {
    fn drop(&mut self) {
        self.shared.lock().over = true;
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // A thread that panicked has told so already.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The life of a thread: in each span, work every 20 ms.
    fn read_in_turn(&self, place: usize, amount: u32, first_after: Duration) {
        let mut work = Work::new();
        let mut state = self.lock();
        while !state.over {
            let Some((began, _)) = state.began else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let span = state.span;
            let mut due = began + first_after;
            while state.span == span && !state.over {
                let now = Instant::now();
                if now < due {
                    let (woken, _) = self
                        .changed
                        .wait_timeout(state, due - now)
                        .unwrap_or_else(PoisonError::into_inner);
                    state = woken;
                    continue;
                }
                drop(state);
                let cpu_ns = timed(&mut work, amount);
                let now = Instant::now();
                // What is late is left out: two at once would find each other's caches.
                while due <= now {
                    due += EVERY;
                }
                state = self.lock();
                if state.span == span {
                    state.readings[place].add(cpu_ns);
                }
            }
        }
    }
}

/// The CPU time that the work takes the calling thread.
fn timed(work: &mut Work, amount: u32) -> u64 {
    let before_ns = thread_cpu_ns();
    work.run(amount);
    thread_cpu_ns().saturating_sub(before_ns)
}

fn pin(cpu: usize) -> io::Result<()> {
    rustix::thread::sched_setaffinity(None, &crate::affinity::only(cpu)?)?;
    Ok(())
}

fn refused(error: &io::Error) -> Refusal {
    Refusal::NoAffinity(error.to_string())
}

/// Calibrates in a thread of its own: it is pinned.
fn calibrated_on(cpu: usize) -> Result<u32, Refusal> {
    let found = thread::spawn(move || {
        pin(cpu).map_err(|error| refused(&error))?;
        let mut work = Work::new();
        let mut others = work::Evicting::new();
        calibrate(|amount| {
            // Beside a server the work finds its memory gone from the nearest caches, and its CPU
            // at what others do.
            others.walk();
            thread::sleep(REST);
            timed(&mut work, amount)
        })
    });
    found.join().unwrap_or_else(|_| Err(Refusal::NoThread("calibrating panicked".into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed_cpu() -> usize {
        let allowed = rustix::thread::sched_getaffinity(None).unwrap();
        (0..1024).find(|&cpu| allowed.is_set(cpu)).unwrap()
    }

    #[test]
    fn a_span_has_readings_of_its_own() {
        let probe = SpeedProbe::open(&[allowed_cpu()], Some(200)).unwrap();
        assert_eq!(probe.amount(), 200);
        for _ in 0..2 {
            probe.begin();
            while probe.shared.lock().readings[0].count == 0 {
                thread::sleep(Duration::from_millis(5));
            }
            let readings = probe.end();
            assert!(readings.len() == 1 && readings[0].count > 0, "{readings:?}");
            assert!(readings[0].mean_log_ns > 0.0 && readings[0].cpu_ns > 0, "{readings:?}");
            assert!(readings[0].length_ns > readings[0].cpu_ns, "{readings:?}");
        }
        probe.begin();
        assert_eq!(probe.end()[0].count, 0);
    }

    #[test]
    fn outside_of_a_span_nothing_is_read() {
        let probe = SpeedProbe::open(&[allowed_cpu()], Some(1)).unwrap();
        thread::sleep(Duration::from_millis(50));
        assert_eq!(probe.end()[0].count, 0);
    }

    #[test]
    fn a_cpu_that_is_not_there_is_no_affinity() {
        let refusal = SpeedProbe::open(&[100_000], Some(1)).err();
        assert!(matches!(refusal, Some(Refusal::NoAffinity(_))), "{refusal:?}");
        assert_eq!(SpeedProbe::open(&[], None).err(), Some(Refusal::NoCpu));
    }
}
