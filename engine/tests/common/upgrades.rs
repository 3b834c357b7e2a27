//! What servers of tests do by hand: read a request, make it a WebSocket, and echo its frames.

use std::io::{Read, Write};
use std::net::TcpStream;

use tungstenite::handshake::derive_accept_key;

/// Reads the head of a request. Returns it, and what came behind it; None at the end.
pub fn head_of(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut head, mut buffer) = (vec![], [0; 4096]);
    loop {
        let bytes = stream.read(&mut buffer).ok().filter(|&bytes| bytes > 0)?;
        head.extend_from_slice(&buffer[..bytes]);
        if let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8(head[..end].to_vec()).ok()?;
            return Some((text, head[end + 4..].to_vec()));
        }
    }
}

/// The key of the WebSocket that a request asks for; None if it asks for none.
pub fn key_in(head: &str) -> Option<String> {
    head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).map(String::from)
}

/// The answer to an upgrade, with another header line.
pub fn switching(key: &str, line: &str) -> Vec<u8> {
    let accept = derive_accept_key(key.as_bytes());
    let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    format!("{head}Sec-WebSocket-Accept: {accept}\r\n{line}\r\n").into_bytes()
}

/// Sends each short frame back as it came, compressed or not, without the mask.
pub fn echo_frames(stream: &mut TcpStream) {
    loop {
        let mut head = [0; 6];
        if stream.read_exact(&mut head).is_err() || head[0] & 0x0f == 8 {
            return;
        }
        let mut payload = vec![0; usize::from(head[1] & 0x7f)];
        if stream.read_exact(&mut payload).is_err() {
            return;
        }
        payload.iter_mut().enumerate().for_each(|(at, byte)| *byte ^= head[2 + at % 4]);
        let frame = [&[head[0], head[1] & 0x7f], &payload[..]].concat();
        if stream.write_all(&frame).is_err() {
            return;
        }
    }
}
