use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{self, Command, Stdio},
};

use super::*;

/// A file for one test, removed when the test ends.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        let file = Self(env::temp_dir().join(format!("todo-{}-{name}.redb", process::id())));
        let _ = fs::remove_file(&file.0);
        file
    }

    fn open(&self) -> Store {
        Store::open(&self.0).unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn ada() -> Owner {
    Owner::subject("https://i", "ada")
}

#[tokio::test]
async fn a_list_is_kept() {
    let file = File::new("kept");
    let store = file.open();
    assert_eq!(store.list(ada()).await.unwrap(), []);
    let milk = store.add(ada(), "  Milk ").await.unwrap();
    let tea = store.add(ada(), "Tea").await.unwrap();
    assert_eq!(
        (milk.id, milk.title.as_str(), milk.done),
        (1, "Milk", false)
    );
    assert!(store.complete(ada(), milk.id).await.unwrap().done);
    assert!(store.complete(ada(), milk.id).await.unwrap().done);
    drop(store);

    let again = file.open();
    let done = Todo { done: true, ..milk };
    assert_eq!(
        again.list(ada()).await.unwrap(),
        [done.clone(), tea.clone()]
    );
    assert_eq!(again.delete(ada(), 1).await.unwrap(), done);
    assert_eq!(again.list(ada()).await.unwrap(), [tea]);
}

#[tokio::test]
async fn an_id_is_never_given_again() {
    let file = File::new("ids");
    let store = file.open();
    for expected in 1..=3 {
        let todo = store.add(ada(), "x").await.unwrap();
        assert_eq!(todo.id, expected);
        store.delete(ada(), todo.id).await.unwrap();
    }
}

#[tokio::test]
async fn no_two_owners_share_a_list() {
    let file = File::new("owners");
    let store = file.open();
    let owners = [
        Owner::subject("https://i", "ab"),
        Owner::subject("https://ia", "b"),
        Owner::subject("https://i", "ab\0"),
        Owner::subject("https://i\0", "ab"),
        Owner::subject("https://i", ""),
        Owner::client("https://i", "ab"),
        Owner::subject("https://j", "ab"),
    ];
    for (number, owner) in owners.iter().enumerate() {
        store
            .add(owner.clone(), &format!("of {number}"))
            .await
            .unwrap();
    }
    for (number, owner) in owners.iter().enumerate() {
        let list = store.list(owner.clone()).await.unwrap();
        assert_eq!(list.len(), 1, "{owner:?}");
        assert_eq!(list[0].title, format!("of {number}"));
    }
    let foreign = store.delete(owners[0].clone(), 2).await.unwrap_err();
    assert!(matches!(foreign, StoreError::Missing(2)));
}

#[tokio::test]
async fn what_is_not_there_is_missing() {
    let file = File::new("missing");
    let store = file.open();
    for id in [0, 1, u64::MAX] {
        let told = store.complete(ada(), id).await.unwrap_err().to_string();
        assert!(told.contains(&id.to_string()), "{told}");
        assert!(store.delete(ada(), id).await.is_err());
    }
}

#[tokio::test]
async fn titles_and_lists_have_an_end() {
    let file = File::new("bounds");
    let store = file.open();
    for title in ["", "  ", "a\nb", "\u{7}"] {
        assert!(matches!(
            store.add(ada(), title).await,
            Err(StoreError::Title)
        ));
    }
    let long = "ü".repeat(TITLE_LIMIT);
    assert_eq!(store.add(ada(), &long).await.unwrap().title, long);
    let longer = long + "ü";
    assert!(matches!(
        store.add(ada(), &longer).await,
        Err(StoreError::TooLong)
    ));

    // Sets the count directly, to avoid 1000 waits for the disk.
    let owner = ada();
    store
        .write(move |lists, _| Ok(lists.insert(owner.key(), (2, LIST_LIMIT)).map(drop)?))
        .await
        .unwrap();
    assert!(matches!(store.add(ada(), "x").await, Err(StoreError::Full)));
    store.delete(ada(), 1).await.unwrap();
    assert_eq!(store.add(ada(), "x").await.unwrap().id, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writers_wait_for_each_other() {
    let file = File::new("concurrent");
    let store = file.open();
    let writers: Vec<_> = (0..20)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.add(ada(), &number.to_string()).await })
        })
        .collect();
    let mut ids = Vec::new();
    for writer in writers {
        ids.push(writer.await.unwrap().unwrap().id);
    }
    ids.sort_unstable();
    assert_eq!(ids, (1..=20).collect::<Vec<_>>());
}

#[test]
fn a_file_in_use_is_reported_as_one() {
    let file = File::new("in-use");
    let _first = file.open();
    let told = format!("{:?}", Store::open(&file.0).err().unwrap());
    assert!(told.contains("another server uses it"), "{told}");
}

/// The name of the variable that turns the test below into the server that is killed.
const VICTIM: &str = "TODO_TEST_VICTIM";

/// Adds items to the list in a file until it is killed, and prints each acknowledgement.
async fn add_until_killed(path: &Path) {
    let store = Store::open(path).unwrap();
    loop {
        let todo = store.add(ada(), "x").await.unwrap();
        #[expect(
            clippy::print_stdout,
            reason = "the acknowledgement that the parent process reads"
        )]
        {
            println!("added {}", todo.id);
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    if let Ok(path) = env::var(VICTIM) {
        return add_until_killed(Path::new(&path)).await;
    }
    let file = File::new("killed");
    let mut acknowledged = 0;
    for _ in 0..3 {
        let this = "store::tests::what_was_acknowledged_survives_a_kill";
        let mut server = Command::new(env::current_exe().unwrap())
            .args(["--exact", this, "--nocapture"])
            .env(VICTIM, &file.0)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(server.stdout.take().unwrap()).lines();
        for line in lines
            .map(Result::unwrap)
            .filter(|line| line.contains("added "))
            .take(7)
        {
            acknowledged = line.rsplit(' ').next().unwrap().parse().unwrap();
        }
        server.kill().unwrap(); // SIGKILL
        server.wait().unwrap();
        let list = file.open().list(ada()).await.unwrap();
        assert!(
            acknowledged >= 7 && list.len() as u64 >= acknowledged,
            "{acknowledged}"
        );
        assert!(list.iter().map(|todo| todo.id).eq(1..=list.len() as u64));
    }
}
