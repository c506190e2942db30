//! todo
mod store;

fn main() {}
