#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| toolgate::__fuzzing::arguments(bytes));
