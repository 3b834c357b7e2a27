//! Two targets under load at once, each from half of the threads. Interference hits both alike, so
//! their ratio varies less than that of consecutive drives (Bulej et al., Duet benchmarking,
//! ICPE 2020).

use std::time::{Duration, Instant};

use crate::clock::now_ns;
use crate::load::{Drive, Setting, Target};
use crate::progress::Progress;
use crate::session::{Session, SessionError};
use crate::tally::Tally;

/// Two sessions that start each drive together, with the same lead-in, window and drain.
pub struct Duet {
    halves: [Session; 2],
    ended: [Option<Tally>; 2],
}

impl Duet {
    /// Starts the threads. Their number has to be even; `connections` are to each target.
    pub fn open(targets: &[Target; 2], setting: &Setting) -> Result<Self, SessionError> {
        if setting.threads == 0 || !setting.threads.is_multiple_of(2) {
            return Err(SessionError::Misuse("a duet needs an even number of threads"));
        }
        let [one, other] = targets;
        let open = |half, target: &Target| {
            Session::open(std::slice::from_ref(target), &half_of(setting, half))
        };
        Ok(Self { halves: [open(0, one)?, open(1, other)?], ended: [None, None] })
    }

    /// Starts a drive of both targets; [`Duet::wait`] returns its results.
    ///
    /// `drive.target` is ignored, and `max_requests` applies to each target.
    pub fn start(&mut self, drive: &Drive) -> Result<(), SessionError> {
        let drive = Drive { target: 0, ..drive.clone() };
        let started_ns = now_ns();
        self.ended = [None, None];
        self.halves.iter_mut().try_for_each(|half| half.start_at(&drive, started_ns))
    }

    /// Waits for the drive to end. Returns None if it has not ended after `at_most`.
    pub fn wait(&mut self, at_most: Duration) -> Result<Option<[Tally; 2]>, SessionError> {
        let until = Instant::now() + at_most;
        for (half, ended) in self.halves.iter_mut().zip(&mut self.ended) {
            if ended.is_none() {
                *ended = half.wait(until - Instant::now().min(until))?;
            }
        }
        let both = self.ended.each_ref().map(Option::is_some) == [true, true];
        Ok(both.then(|| std::mem::take(&mut self.ended).map(Option::unwrap_or_default)))
    }

    /// Ends the drive at once and censors requests in flight. [`Duet::wait`] returns the results.
    pub fn cancel(&self) {
        self.halves.iter().for_each(Session::cancel);
    }

    /// The progress of the drive on each target.
    pub fn progress(&self) -> [Progress; 2] {
        self.halves.each_ref().map(Session::progress)
    }
}

/// The setting of one half: half of the threads, on the CPUs that `setting` gives them.
fn half_of(setting: &Setting, half: usize) -> Setting {
    let threads = setting.threads / 2;
    let cpus = setting.cpus.iter().cycle().skip(half * threads).take(threads).copied();
    Setting { threads, cpus: cpus.collect(), ..setting.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(threads: usize, cpus: Vec<usize>) -> Setting {
        Setting { threads, cpus, connections: 8, ..Setting::default() }
    }

    #[test]
    fn each_half_has_its_share_of_threads_and_cpus() {
        let cpus = |threads, cpus: &[usize]| {
            [0, 1].map(|half| half_of(&setting(threads, cpus.to_vec()), half).cpus)
        };
        assert_eq!(cpus(2, &[4, 5]), [vec![4], vec![5]]);
        assert_eq!(cpus(2, &[4]), [vec![4], vec![4]]);
        assert_eq!(cpus(4, &[4, 5]), [vec![4, 5], vec![4, 5]]);
        assert_eq!(cpus(4, &[]), [const { Vec::<usize>::new() }; 2]);
    }
}
