//! One list per owner, in one file. What was acknowledged survives `kill -9`.

use std::{path::Path, sync::Arc};

use redb::{
    Database, ReadableDatabase, ReadableTable, TableDefinition, TableError,
    backends::InMemoryBackend,
};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::{sync::Semaphore, task};
use toolgate::Environment;

mod error;
mod owner;

#[cfg(test)]
mod tests;

pub(crate) use {error::StoreError, owner::Owner};

/// The longest title, in characters.
pub(crate) const TITLE_LIMIT: usize = 500;

/// The longest list. Whoever may log in could fill the disk otherwise.
pub(crate) const LIST_LIMIT: u32 = 1000;

const PATH: &str = "TODO_DATABASE";
const DEFAULT_PATH: &str = "todo.redb";

/// Pages that are kept in memory, in bytes; the library's own default is 1 GiB.
const CACHE: usize = 16 * 1024 * 1024;

/// An owner as a key: issuer, kind of party, name. Each part is stored with its length,
/// so that no two owners share one whatever characters their names have.
type OwnerKey = (&'static str, u8, &'static str);

/// An owner's next id, and how many items there are.
const LISTS: TableDefinition<'_, OwnerKey, (u64, u32)> = TableDefinition::new("lists");

/// Title and whether it is done, by owner and id.
const ITEMS: TableDefinition<'_, (&str, u8, &str, u64), (&str, bool)> =
    TableDefinition::new("items");

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Todo {
    /// Names the item within its list. It never changes and is never given again.
    pub(crate) id: u64,
    pub(crate) title: String,
    pub(crate) done: bool,
}

/// The lists of all owners. Clones share one database.
#[derive(Clone)]
pub(crate) struct Store {
    database: Arc<Database>,
    /// The database has one writer at a time; whoever waits for it should not hold a thread.
    writer: Arc<Semaphore>,
}

impl Store {
    /// Opens the file that `TODO_DATABASE` names, `todo.redb` in the working directory
    /// where it names none.
    pub(crate) fn new(environment: &Environment) -> Result<Self, StoreError> {
        Self::open(Path::new(environment.get(PATH).unwrap_or(DEFAULT_PATH)))
    }

    /// Opens a file, and makes it where there is none. A file that was in use when its
    /// server died is repaired.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let database = Database::builder()
            .set_cache_size(CACHE)
            .create(path)
            .map_err(|error| StoreError::open(path, error))?;
        Ok(Self::over(database))
    }

    /// A store of no file, which is gone with the process.
    pub(crate) fn in_memory() -> Result<Self, StoreError> {
        Ok(Self::over(
            Database::builder().create_with_backend(InMemoryBackend::new())?,
        ))
    }

    fn over(database: Database) -> Self {
        Self {
            database: Arc::new(database),
            writer: Arc::new(Semaphore::new(1)),
        }
    }

    /// An owner's items, the oldest first.
    pub(crate) async fn list(&self, owner: Owner) -> Result<Vec<Todo>, StoreError> {
        let database = Arc::clone(&self.database);
        task::spawn_blocking(move || list(&database, &owner))
            .await
            .map_err(StoreError::aborted)?
    }

    /// Adds an item at the end of an owner's list.
    pub(crate) async fn add(&self, owner: Owner, title: &str) -> Result<Todo, StoreError> {
        let title = judge_title(title)?;
        self.write(move |lists, items| {
            let (next, count) = lists.get(owner.key())?.map_or((1, 0), |list| list.value());
            if count >= LIST_LIMIT {
                return Err(StoreError::Full);
            }
            lists.insert(owner.key(), (next + 1, count + 1))?;
            items.insert(owner.item(next), (title.as_str(), false))?;
            Ok(Todo {
                id: next,
                title,
                done: false,
            })
        })
        .await
    }

    /// Marks an item as done; one that is done stays so.
    pub(crate) async fn complete(&self, owner: Owner, id: u64) -> Result<Todo, StoreError> {
        self.write(move |_, items| {
            let found = items
                .get(owner.item(id))?
                .map(|item| item.value().0.to_owned());
            let title = found.ok_or(StoreError::Missing(id))?;
            items.insert(owner.item(id), (title.as_str(), true))?;
            Ok(Todo {
                id,
                title,
                done: true,
            })
        })
        .await
    }

    /// Removes an item, and gives it back.
    pub(crate) async fn delete(&self, owner: Owner, id: u64) -> Result<Todo, StoreError> {
        self.write(move |lists, items| {
            let removed = items.remove(owner.item(id))?.map(|item| {
                let (title, done) = item.value();
                Todo {
                    id,
                    title: title.to_owned(),
                    done,
                }
            });
            let removed = removed.ok_or(StoreError::Missing(id))?;
            let list = lists.get(owner.key())?.map(|list| list.value());
            let (next, count) = list.unwrap_or((id + 1, 1));
            lists.insert(owner.key(), (next, count.saturating_sub(1)))?;
            Ok(removed)
        })
        .await
    }

    /// Runs a change as one transaction. It is on the disk before this returns, and it
    /// is done whole or not at all, even when the caller stops waiting.
    async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Lists<'_>, &mut Items<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let database = Arc::clone(&self.database);
        let turn = Arc::clone(&self.writer).acquire_owned().await;
        let turn = turn.map_err(StoreError::aborted)?;
        task::spawn_blocking(move || {
            let _turn = turn;
            // Durable by default: a commit waits for the disk.
            let transaction = database.begin_write()?;
            let value = {
                let mut lists = transaction.open_table(LISTS)?;
                let mut items = transaction.open_table(ITEMS)?;
                // An error drops the transaction, which undoes it.
                change(&mut lists, &mut items)?
            };
            transaction.commit()?;
            Ok(value)
        })
        .await
        .map_err(StoreError::aborted)?
    }
}

type Lists<'txn> = redb::Table<'txn, OwnerKey, (u64, u32)>;
type Items<'txn> = redb::Table<'txn, (&'static str, u8, &'static str, u64), (&'static str, bool)>;

fn list(database: &Database, owner: &Owner) -> Result<Vec<Todo>, StoreError> {
    let items = match database.begin_read()?.open_table(ITEMS) {
        Ok(items) => items,
        // Nobody has added anything yet.
        Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    items
        .range(owner.item(0)..=owner.item(u64::MAX))?
        .map(|entry| {
            let (key, item) = entry?;
            let (title, done) = item.value();
            Ok(Todo {
                id: key.value().3,
                title: title.to_owned(),
                done,
            })
        })
        .collect()
}

fn judge_title(title: &str) -> Result<String, StoreError> {
    let title = title.trim();
    if title.is_empty() || title.chars().any(char::is_control) {
        return Err(StoreError::Title);
    }
    if title.chars().count() > TITLE_LIMIT {
        return Err(StoreError::TooLong);
    }
    Ok(title.to_owned())
}
