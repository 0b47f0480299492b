//! Somebody between the server and the simulator of Europe, who sees what is asked and may change
//! what is answered.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::world::World;

/// Has the server, which is not started yet, speak with somebody who asks the simulator the same
/// and answers what `answered` makes of question and answer.
pub(crate) async fn serve(
    world: &World,
    answered: impl Fn(&[u8], &[u8]) -> Vec<u8> + Send + Sync + 'static,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let (config, simulator) = (world.config(), world.simulator_at);
    let text = std::fs::read_to_string(&config).unwrap();
    let changed =
        text.replace(&format!("http://{simulator}/api/1\""), &format!("http://{at}/api/1\""));
    assert_ne!(text, changed);
    std::fs::write(&config, changed).unwrap();
    let (answered, http) = (Arc::new(answered), world.http.clone());
    let url = format!("http://{simulator}/api/1");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (answered, http, url) = (answered.clone(), http.clone(), url.clone());
            tokio::spawn(async move {
                let mut stream = stream;
                let asked = request_body(&mut stream).await;
                let request = http.post(url).header("Content-Type", "application/json");
                // An answer that was lost is lost for the server too.
                let Ok(answer) = request.body(asked.clone()).send().await else { return };
                let answer = answered(&asked, &answer.bytes().await.unwrap());
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    answer.len()
                );
                stream.write_all(&[head.as_bytes(), &answer].concat()).await.unwrap();
            });
        }
    });
}

/// The body of the one request that a connection carries.
async fn request_body(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let length = stream.read(&mut buffer).await.unwrap();
        assert!(length > 0, "the request ends in its midst");
        bytes.extend_from_slice(&buffer[..length]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let (_, after) = head.split_once("content-length:").unwrap();
        let length: usize = after.lines().next().unwrap().trim().parse().unwrap();
        if bytes.len() >= end + 4 + length {
            return bytes[end + 4..].to_vec();
        }
    }
}
