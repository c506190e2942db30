#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| toolgate_json_schema::fuzzed::check(bytes));
