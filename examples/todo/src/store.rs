//! Stores one list per owner in one file. An acknowledged change survives `kill -9`.

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

/// The largest number of items in a list. Without it, any user could fill the disk.
pub(crate) const LIST_LIMIT: u32 = 1000;

const PATH: &str = "TODO_DATABASE";
const DEFAULT_PATH: &str = "todo.redb";

/// The page cache, in bytes; the library's default is 1 GiB.
const CACHE: usize = 16 * 1024 * 1024;

/// An owner as a key: issuer, kind of owner, name. Each part is stored with its length, so
/// two owners never share a key, whatever characters their names contain.
type OwnerKey = (&'static str, u8, &'static str);

/// The next id of an owner, and the number of items.
const LISTS: TableDefinition<'_, OwnerKey, (u64, u32)> = TableDefinition::new("lists");

/// The title, and whether the item is done, by owner and id.
const ITEMS: TableDefinition<'_, (&str, u8, &str, u64), (&str, bool)> =
    TableDefinition::new("items");

/// One item of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Todo {
    /// Identifies the item in its list. It never changes and is never reused.
    pub(crate) id: u64,
    pub(crate) title: String,
    pub(crate) done: bool,
}

/// The lists of all owners. Clones share one database.
#[derive(Clone)]
pub(crate) struct Store {
    database: Arc<Database>,
    /// The database allows one writer at a time; waiting for it must not block a thread.
    writer: Arc<Semaphore>,
}

impl Store {
    /// Opens the file that `TODO_DATABASE` names, by default `todo.redb` in the working
    /// directory.
    pub(crate) fn new(environment: &Environment) -> Result<Self, StoreError> {
        Self::open(Path::new(environment.get(PATH).unwrap_or(DEFAULT_PATH)))
    }

    /// Opens a file, and creates it if it does not exist. A file whose server was killed is
    /// repaired.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let database = Database::builder()
            .set_cache_size(CACHE)
            .create(path)
            .map_err(|error| StoreError::open(path, error))?;
        Ok(Self::over(database))
    }

    /// Builds a store in memory, which is lost when the process ends.
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

    /// Returns an owner's items, the oldest first.
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

    /// Marks an item as done. Marking it again changes nothing.
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

    /// Removes an item, and returns it.
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

    /// Runs a change as one transaction. It is on disk before this returns. It is applied
    /// completely or not at all, even if the caller stops waiting.
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
        // No item was ever added.
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
