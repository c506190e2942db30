//! The attributes of `toolgate`.
