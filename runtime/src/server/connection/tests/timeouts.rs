//! When the protocol of a connection is known.

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::super::*;

/// Returns whether the protocol is known after these pieces.
async fn is_known(pieces: &[&[u8]]) -> bool {
    let (mut client, server) = duplex(64);
    let mut server = TimeoutIo::new(server);
    let mut buffer = [0; 64];
    for piece in pieces {
        client.write_all(piece).await.unwrap();
        let read = server.read(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..read], *piece, "nothing is lost");
    }
    server.detection.is_none()
}

#[tokio::test]
async fn the_protocol_is_known_with_the_preface_or_the_first_other_byte() {
    for known in [
        &[PREFACE][..],
        &[PREFACE, b"more"],
        &[&PREFACE[..1], &PREFACE[1..10], &PREFACE[10..]],
        &[&b"G"[..]],
        &[&b"P"[..], b"OST"],
        &[&b"PRX"[..], &PREFACE[3..]],
    ] {
        assert!(is_known(known).await, "{known:?}");
    }
    for unknown in [
        &[][..],
        &[&b"P"[..]],
        &[&PREFACE[..23]],
        &[&b"P"[..], b"RI * "],
    ] {
        assert!(!is_known(unknown).await, "{unknown:?}");
    }
}
