//! Notes that clients read as resources, summarize with a prompt and write with a tool.
//!
//! Run `cargo run -p notes`. A client with `notes:read` reads `notes://all` and `notes://1`,
//! completes the numbers of notes, and is notified when a note that it subscribed to
//! changes. The first write requires the scope `notes:write` (step-up).
//!
//! `notes --stdio` serves the host that starts it, who may read and write.

use std::{
    fmt,
    process::ExitCode,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use toolgate::{
    Changes, Environment, LocalCaller, Server, cli::Program, mcp_prompt, mcp_resource, mcp_tool,
    mcp_tools, scopes,
};

scopes! {
    /// What a token for this server allows.
    mod scope {
        /// Read the notes
        READ = "notes:read",
        /// Write and replace notes
        WRITE = "notes:write",
    }
}

/// The notes, numbered from 1, and the handle that notifies clients of changes.
struct Notes {
    texts: Mutex<Vec<String>>,
    changes: Changes,
}

#[mcp_tools(declared_scopes = scope::ALL)]
impl Notes {
    /// Replaces a note, or adds one under the next number.
    #[mcp_tool(scope = scope::WRITE, step_up, idempotent)]
    fn write_note(
        &self,
        /// The number of the note.
        #[arg(minimum = 1)]
        number: usize,
        /// The new text, in Markdown.
        #[arg(min_length = 1, max_length = 10_000)]
        text: String,
    ) -> Result<(), String> {
        let mut texts = self.texts();
        match texts.len() {
            count if number <= count => texts[number - 1] = text,
            count if number == count + 1 => texts.push(text),
            count => {
                return Err(format!(
                    "there are {count} notes: the next is {}",
                    count + 1
                ));
            }
        }
        self.changes.resource_updated(format!("notes://{number}"));
        self.changes.resource_updated("notes://all");
        Ok(())
    }

    /// Every note, one per line: its URI and its first line.
    #[mcp_resource(uri = "notes://all", scope = scope::READ)]
    fn all_notes(&self) -> String {
        let first_line = |text: &String| text.lines().next().unwrap_or_default().to_owned();
        let texts = self.texts();
        let lines = texts.iter().map(first_line).zip(1..);
        lines
            .map(|(line, number)| format!("notes://{number} {line}\n"))
            .collect()
    }

    /// One note.
    #[mcp_resource(
        uri = "notes://{number}",
        scope = scope::READ,
        mime_type = "text/markdown"
    )]
    fn note(&self, #[arg(complete = numbers)] number: usize) -> Option<String> {
        let texts = self.texts();
        texts.get(number.checked_sub(1)?).cloned()
    }

    /// Asks for a summary of a note in one sentence.
    #[mcp_prompt(scope = scope::READ, title = "Sum up a note")]
    fn sum_up(
        &self,
        /// The number of the note.
        #[arg(complete = numbers)]
        number: usize,
    ) -> Result<String, &'static str> {
        let text = self
            .note(number)
            .ok_or("there is no note with this number")?;
        Ok(format!("Say in one sentence what this says:\n\n{text}"))
    }

    fn texts(&self) -> MutexGuard<'_, Vec<String>> {
        // Each change is one assignment, so a panic leaves no partial change.
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the numbers that begin with the typed text.
fn numbers(begun: &str, notes: Arc<Notes>) -> Vec<String> {
    let numbers = (1..=notes.texts().len()).map(|number| number.to_string());
    numbers.filter(|number| number.starts_with(begun)).collect()
}

fn server(changes: &Changes) -> Server<Arc<Notes>> {
    let notes = Notes {
        texts: Mutex::new(vec!["# Bread\n\nFlour, water, salt, time.".to_owned()]),
        changes: changes.clone(),
    };
    Server::with_state("notes", Arc::new(notes))
        .with_version(env!("CARGO_PKG_VERSION"))
        .declared_scopes(scope::ALL)
        .tools(Notes::tools)
        .resources(Notes::resources)
        .prompts(Notes::prompts)
        .with_changes(changes)
}

#[tokio::main]
async fn main() -> ExitCode {
    // The user who starts the program can already read the files of this machine.
    let host = LocalCaller::named("host").with_scopes([scope::READ, scope::WRITE]);
    Program::new("notes that clients read, sum up and write")
        .with_stdio(host)
        .run(|_: &Environment, _| Ok::<_, fmt::Error>(server(&Changes::new())))
        .await
}

#[cfg(test)]
mod access_tests;
