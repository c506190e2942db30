//! finance-news
fn main() {}
