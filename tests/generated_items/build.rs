//! Writes `items.rs`: random items in every spelling that Rust allows, and a test that compares
//! what a server registers with what the generator meant, name by name and scope by scope.
//!
//! `TOOLGATE_GENERATED_ITEMS=2000` sets the number of items, `TOOLGATE_SEED=7` the seed.

use std::{env, fs, path::Path};

use dice::Dice;
use item::Item;

mod dice;
mod item;
mod program;

fn setting(name: &str, default: u64) -> u64 {
    println!("cargo::rerun-if-env-changed={name}");
    match env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is \"{text}\", and must be a number")),
        Err(_) => default,
    }
}

fn main() {
    for file in ["build.rs", "dice.rs", "item.rs", "program.rs"] {
        println!("cargo::rerun-if-changed={file}");
    }
    let count = setting("TOOLGATE_GENERATED_ITEMS", 150);
    let mut dice = Dice::new(setting("TOOLGATE_SEED", 1));
    let items: Vec<Item> = (0..count)
        .map(|number| Item::roll(number, &mut dice))
        .collect();
    let path = Path::new(&env::var_os("OUT_DIR").unwrap()).join("items.rs");
    fs::write(path, program::write(&items, &mut dice)).unwrap();
}
