//! What this process and the whole machine have used so far, from Linux's `/proc`.

use std::fs::read_to_string;

use crate::Failure;

/// Linux counts processor time in hundredths of a second, on every architecture it runs on today.
const TICK_MICROS: u64 = 10_000;

/// Fields of `/proc/self/stat` after the command name, counted from 0.
const USER_TICKS: usize = 11;
const SYSTEM_TICKS: usize = 12;

/// Fields of the line `cpu` of `/proc/stat`, counted from 0: user, nice, system, and further on
/// the interrupts; between them lie idle time and waiting for the disk.
const MACHINE_BUSY: [usize; 5] = [0, 1, 2, 5, 6];

/// Running totals; the difference of two is what lies between them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// Processor time of all threads, in microseconds.
    pub(crate) cpu_micros: u64,
    /// Processor time of everything on the machine, this process included, in microseconds.
    pub(crate) machine_micros: u64,
    /// Bytes sent towards the disk; a page written twice between two flushes counts twice.
    pub(crate) written: u64,
}

impl Usage {
    pub(crate) fn now() -> Result<Usage, Failure> {
        Ok(Usage {
            cpu_micros: cpu_micros()?,
            machine_micros: machine_micros()?,
            written: written()?,
        })
    }

    pub(crate) fn since(self, earlier: Usage) -> Usage {
        Usage {
            cpu_micros: self.cpu_micros - earlier.cpu_micros,
            machine_micros: self.machine_micros - earlier.machine_micros,
            written: self.written - earlier.written,
        }
    }
}

fn cpu_micros() -> Result<u64, Failure> {
    let stat = read_to_string("/proc/self/stat")?;
    // The command name may hold spaces, so fields are counted from the bracket that ends it.
    let Some((_, fields)) = stat.rsplit_once(") ") else {
        return Err("/proc/self/stat has no command name".into());
    };
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks: u64 = fields[USER_TICKS].parse::<u64>()? + fields[SYSTEM_TICKS].parse::<u64>()?;
    Ok(ticks * TICK_MICROS)
}

fn machine_micros() -> Result<u64, Failure> {
    let stat = read_to_string("/proc/stat")?;
    let Some(fields) = stat.lines().next().and_then(|line| line.strip_prefix("cpu  ")) else {
        return Err("/proc/stat does not begin with the sum of all processors".into());
    };
    let fields: Vec<&str> = fields.split(' ').collect();
    let mut ticks = 0;
    for field in MACHINE_BUSY {
        ticks += fields[field].parse::<u64>()?;
    }
    Ok(ticks * TICK_MICROS)
}

fn written() -> Result<u64, Failure> {
    for line in read_to_string("/proc/self/io")?.lines() {
        if let Some(bytes) = line.strip_prefix("wchar: ") {
            return Ok(bytes.parse()?);
        }
    }
    Err("/proc/self/io has no wchar".into())
}
