//! finance-news
mod feed;
mod sample;

fn main() {}
