//! Command-line options.

use std::time::Duration;

use crate::{Fault, load::Load};

pub(crate) const HELP: &str = "\
toolgate-load: measures calls per second of a protected server and of its baselines

  toolgate-load                     measures everything and prints the table
  toolgate-load --only PART,PART    measures these parts: calls, sessions, operation,
                                    refusals, lists, latency, memory, crowd,
                                    start; and replicas, which needs redis-server
                                    and is measured only if it is named here
  toolgate-load --quick             a short run of everything, to check that it works
  toolgate-load stand               starts the servers for another load program, prints
                                    their addresses, and waits until its input ends

  --seconds N       length of a slice, default 2; fractions are allowed
  --rounds N        how many turns each server has, default 5
  --connections N   keep-alive connections, default 32
  --threads N       threads of the load program, default half of the processors
  --tokens N        different tokens for the memory row, default 100000
";

/// The parts of the table, by their names for `--only`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Calls,
    Sessions,
    Operation,
    Refusals,
    Lists,
    Latency,
    Memory,
    Crowd,
    Start,
    Replicas,
}

/// The parts of a run without `--only`. The last one needs another program.
const ALL: [Part; 9] = [
    Part::Calls,
    Part::Sessions,
    Part::Operation,
    Part::Refusals,
    Part::Lists,
    Part::Latency,
    Part::Memory,
    Part::Crowd,
    Part::Start,
];

const PARTS: [(&str, Part); 10] = [
    ("calls", Part::Calls),
    ("sessions", Part::Sessions),
    ("operation", Part::Operation),
    ("refusals", Part::Refusals),
    ("lists", Part::Lists),
    ("latency", Part::Latency),
    ("memory", Part::Memory),
    ("crowd", Part::Crowd),
    ("start", Part::Start),
    ("replicas", Part::Replicas),
];

/// The requested action.
#[derive(Debug)]
pub(crate) enum Wish {
    /// Run as one of the servers.
    Serve(Vec<String>),
    /// Start the servers for another load program.
    Stand,
    Measure(Options),
    Help,
}

/// How much to measure.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) parts: Vec<Part>,
    pub(crate) rounds: usize,
    pub(crate) load: Load,
    pub(crate) tokens: usize,
    /// How often a server is started for the row `start`.
    pub(crate) starts: usize,
}

impl Default for Options {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            parts: ALL.to_vec(),
            rounds: 5,
            load: Load {
                connections: 32,
                threads: (processors / 2).max(1),
                warm_up: Duration::from_millis(300),
                slice: Duration::from_secs(2),
            },
            tokens: 100_000,
            starts: 15,
        }
    }
}

impl Options {
    /// Parses the arguments of the program.
    pub(crate) fn read(arguments: &[String]) -> Result<Wish, Fault> {
        match arguments.first().map(String::as_str) {
            Some("serve") => return Ok(Wish::Serve(arguments[1..].to_vec())),
            Some("stand") if arguments.len() == 1 => return Ok(Wish::Stand),
            _ => {}
        }
        let mut options = Self::default();
        let mut rest = arguments.iter().map(String::as_str);
        while let Some(name) = rest.next() {
            let mut value = || {
                let value = rest.next();
                value.ok_or_else(|| Fault::from(format!("{name} needs a value\n\n{HELP}")))
            };
            match name {
                "--help" | "-h" => return Ok(Wish::Help),
                "--quick" => options.hurry(),
                "--only" => options.parts = parts(value()?)?,
                "--seconds" => options.load.slice = Duration::try_from_secs_f64(value()?.parse()?)?,
                "--rounds" => options.rounds = value()?.parse()?,
                "--connections" => options.load.connections = value()?.parse()?,
                "--threads" => options.load.threads = value()?.parse()?,
                "--tokens" => options.tokens = value()?.parse()?,
                _ => return Err(format!("unknown option: {name}\n\n{HELP}").into()),
            }
        }
        let load = &options.load;
        if options.rounds == 0 || load.connections == 0 || load.threads == 0 || options.tokens == 0
        {
            return Err(format!("no number may be 0\n\n{HELP}").into());
        }
        Ok(Wish::Measure(options))
    }

    /// Whether the whole table is requested.
    pub(crate) fn is_all(&self) -> bool {
        ALL.iter().all(|part| self.parts.contains(part))
    }

    /// Selects a run that only checks that everything works. Its figures are meaningless.
    fn hurry(&mut self) {
        self.rounds = 1;
        self.load.slice = Duration::from_millis(300);
        self.load.warm_up = Duration::from_millis(100);
        self.tokens = 200;
        self.starts = 1;
    }
}

fn parts(names: &str) -> Result<Vec<Part>, Fault> {
    let part = |name: &str| {
        let known = PARTS.iter().find(|(known, _)| *known == name);
        let known = known.ok_or_else(|| format!("unknown part: {name}\n\n{HELP}"))?;
        Ok(known.1)
    };
    names.split(',').map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Wish, Fault> {
        let arguments: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        Options::read(&arguments)
    }

    #[test]
    fn later_arguments_change_what_earlier_ones_said() {
        let Ok(Wish::Measure(options)) = read("--quick --only calls,start --seconds 0.5") else {
            panic!("the options are valid");
        };
        assert_eq!(options.parts, [Part::Calls, Part::Start]);
        assert_eq!(options.load.slice, Duration::from_millis(500));
        assert_eq!(options.rounds, 1);
        assert!(!options.is_all() && Options::default().is_all());
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for line in [
            "--fast",
            "--only calls,nothing",
            "--rounds",
            "--rounds 0",
            "--seconds -1",
            "stand up",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
