//! What a person at the terminal asks for.

use std::time::Duration;

use crate::{Fault, load::Load};

pub(crate) const HELP: &str = "\
toolgate-load: calls a second of a protected server and of what it is compared with

  toolgate-load                     measures everything and prints the table
  toolgate-load --only PART,PART    measures these parts: calls, sessions, refusals, lists,
                                    latency, memory, start
  toolgate-load --quick             a short round of everything, to see that it works
  toolgate-load stand               starts the servers for another load program, prints
                                    where they are, and waits until its input ends

  --seconds N       length of a slice, 2 by default; fractions are allowed
  --rounds N        how often each server has its turn, 5 by default
  --connections N   connections that are kept, 32 by default
  --threads N       threads of the load program, half of the processors by default
  --tokens N        different tokens for the row on memory, 100000 by default
";

/// The parts of the table, as `--only` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Calls,
    Sessions,
    Refusals,
    Lists,
    Latency,
    Memory,
    Start,
}

const PARTS: [(&str, Part); 7] = [
    ("calls", Part::Calls),
    ("sessions", Part::Sessions),
    ("refusals", Part::Refusals),
    ("lists", Part::Lists),
    ("latency", Part::Latency),
    ("memory", Part::Memory),
    ("start", Part::Start),
];

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Wish {
    /// Be one of the servers.
    Serve(Vec<String>),
    /// Start the servers for somebody else.
    Stand,
    Measure(Options),
    Help,
}

/// How much is to be measured.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) parts: Vec<Part>,
    pub(crate) rounds: usize,
    pub(crate) load: Load,
    pub(crate) tokens: usize,
    /// How often a server is started for the row on that.
    pub(crate) starts: usize,
}

impl Default for Options {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            parts: PARTS.map(|(_, part)| part).to_vec(),
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
    /// Reads the arguments of the program.
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
                _ => return Err(format!("this is not known: {name}\n\n{HELP}").into()),
            }
        }
        let load = &options.load;
        if options.rounds == 0 || load.connections == 0 || load.threads == 0 || options.tokens == 0
        {
            return Err(format!("none of the numbers can be 0\n\n{HELP}").into());
        }
        Ok(Wish::Measure(options))
    }

    /// Whether the whole table is asked for.
    pub(crate) fn is_all(&self) -> bool {
        PARTS.iter().all(|(_, part)| self.parts.contains(part))
    }

    /// Enough to see that everything answers rightly, and no figure to rely on.
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
        let known = known.ok_or_else(|| format!("there is no part {name}\n\n{HELP}"))?;
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
            panic!("it is a good line");
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
