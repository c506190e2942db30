//! Properties that hold for every client request.

mod ways_agree;
