//! What processes cost, from `/proc`: processor time, context switches, memory.

use std::fs;
use std::path::PathBuf;

/// What a process used until now.
#[derive(Debug, Clone, Copy, Default)]
pub struct Used {
    /// Nanoseconds on a processor.
    pub nanoseconds: u64,
    /// Context switches of all its threads.
    pub switches: u64,
}

impl Used {
    /// What was used since an earlier look.
    pub fn since(self, before: Self) -> Self {
        Self {
            nanoseconds: self.nanoseconds.saturating_sub(before.nanoseconds),
            switches: self.switches.saturating_sub(before.switches),
        }
    }

    /// Per cent of one core over so many seconds.
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds of minutes are exact in a double")]
    pub fn per_cent(self, seconds: f64) -> f64 {
        self.nanoseconds as f64 / 1e7 / seconds
    }
}

/// Processor time and context switches of a process's threads.
pub fn used(pid: u32) -> Used {
    let mut used = Used::default();
    for thread in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
        let read = |name: &str| fs::read_to_string(thread.path().join(name)).unwrap_or_default();
        // first field: time spent on the processor, in nanoseconds (Documentation/scheduler/sched-stats.rst)
        let on_processor = read("schedstat").split(' ').next().and_then(|field| field.parse().ok());
        used.nanoseconds += on_processor.unwrap_or(0u64);
        used.switches += numbers(&read("status"), "ctxt_switches:").iter().sum::<u64>();
    }
    used
}

/// The sum over several processes.
pub fn used_by(pids: &[u32]) -> Used {
    pids.iter().map(|pid| used(*pid)).fold(Used::default(), |sum, one| Used {
        nanoseconds: sum.nanoseconds + one.nanoseconds,
        switches: sum.switches + one.switches,
    })
}

/// Proportional set size, in megabytes.
pub fn memory(pid: u32) -> f64 {
    let rollup = fs::read_to_string(PathBuf::from(format!("/proc/{pid}/smaps_rollup"))).unwrap_or_default();
    let kilobytes = numbers(&rollup, "Pss:").into_iter().next().unwrap_or(0);
    f64::from(u32::try_from(kilobytes).unwrap_or(u32::MAX)) / 1024.0
}

/// The numbers of the lines with this mark.
fn numbers(text: &str, mark: &str) -> Vec<u64> {
    let lines = text.lines().filter(|line| line.contains(mark));
    lines.filter_map(|line| line.split_whitespace().nth(1)?.parse().ok()).collect()
}
