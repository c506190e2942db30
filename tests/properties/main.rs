//! What holds for whatever a client sends.

mod ways_agree;
