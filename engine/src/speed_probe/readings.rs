//! What one CPU's thread has read in a span.

/// The readings of one CPU: their number, and the mean of their logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Readings {
    pub cpu: usize,
    pub count: u32,
    /// The mean of ln(CPU time of the work in ns); 0 without a reading.
    pub mean_log_ns: f64,
    /// CPU time of all of them.
    pub cpu_ns: u64,
    /// Length of the span.
    pub length_ns: u64,
}

impl Readings {
    pub fn of(cpu: usize) -> Self {
        Self { cpu, count: 0, mean_log_ns: 0.0, cpu_ns: 0, length_ns: 0 }
    }

    /// Adds a reading. One of no time says nothing.
    pub fn add(&mut self, cpu_ns: u64) {
        if cpu_ns == 0 {
            return;
        }
        self.count += 1;
        self.mean_log_ns += ((cpu_ns as f64).ln() - self.mean_log_ns) / f64::from(self.count);
        self.cpu_ns += cpu_ns;
    }

    #[must_use]
    pub fn over(self, length_ns: u64) -> Self {
        Self { length_ns, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_that_of_logarithms() {
        let mut readings = Readings::of(3);
        for cpu_ns in [100_000, 0, 400_000] {
            readings.add(cpu_ns);
        }
        assert_eq!((readings.cpu, readings.count, readings.cpu_ns), (3, 2, 500_000));
        assert!((readings.mean_log_ns - 200_000f64.ln()).abs() < 1e-12);
        assert_eq!(readings.over(7).length_ns, 7);
    }
}
