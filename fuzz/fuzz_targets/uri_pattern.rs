#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| toolgate_core::__fuzzing::uri_pattern(bytes));
