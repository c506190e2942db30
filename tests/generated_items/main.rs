//! Random items in every spelling that Rust allows: what a server registers is compared with what
//! the generator meant, name by name and scope by scope.
//!
//! `TOOLGATE_GENERATED_ITEMS=2000` sets the number of items, `TOOLGATE_SEED=7` the seed.

use std::{env, fs, path::Path};

use dice::Dice;
use item::Item;

mod dice;
mod item;
mod program;

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn what_is_registered_is_what_the_source_says() {
    let count = setting("TOOLGATE_GENERATED_ITEMS", 150);
    let mut dice = Dice::new(setting("TOOLGATE_SEED", 1));
    let items: Vec<Item> = (0..count)
        .map(|number| Item::roll(number, &mut dice))
        .collect();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated_items.rs");
    fs::write(&path, program::write(&items, &mut dice)).unwrap();
    // The program starts the server, lists its items and compares them.
    trybuild::TestCases::new().pass(path);
}
