//! A server made of plain sockets: each connection is a thread that does as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use trustly::http::Http;
use trustly::transport::{Call, NoReply, Reply, Transport, Verb};
use zeroize::Zeroizing;

/// Far above what anything here takes: no test waits for it.
const TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) const REPLY_LENGTH_MAX: usize = 1 << 20;

/// A request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: String,
}

#[derive(Default)]
struct Seen {
    connections: usize,
    requests: Vec<Request>,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

/// One connection, as the server sees it.
pub(crate) struct Connection {
    pub(crate) stream: BufReader<TcpStream>,
    /// Counted from 0.
    pub(crate) number: usize,
    seen: Arc<Mutex<Seen>>,
}

impl Server {
    pub(crate) fn start(serve: impl Fn(Connection) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let (serve, ours) = (Arc::new(serve), seen.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut seen = ours.lock().unwrap();
                let number = seen.connections;
                seen.connections += 1;
                let stream = BufReader::new(stream.unwrap());
                let connection = Connection { stream, number, seen: ours.clone() };
                let serve = serve.clone();
                thread::spawn(move || serve(connection));
            }
        });
        Self { address, seen }
    }

    /// A server that answers every request on every connection with these bytes.
    pub(crate) fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |mut connection| {
            while connection.request().is_some() {
                connection.write(&bytes);
            }
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/api", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().requests.clone()
    }

    /// How often a request with this body came in.
    pub(crate) fn count(&self, body: &str) -> usize {
        self.requests().iter().filter(|request| request.body == body).count()
    }
}

impl Connection {
    /// Reads a whole request; none, if the peer has closed.
    pub(crate) fn request(&mut self) -> Option<Request> {
        let head = self.head()?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        let request = Request { head, body: String::from_utf8(body).unwrap() };
        self.seen.lock().unwrap().requests.push(request.clone());
        Some(request)
    }

    /// Reads the head of a request, in lower case, and leaves its body.
    pub(crate) fn head(&mut self) -> Option<String> {
        let mut head = String::new();
        loop {
            let mut line = String::new();
            match self.stream.read_line(&mut line) {
                Ok(0) | Err(_) => return None,
                Ok(_) if line == "\r\n" => return Some(head),
                Ok(_) => head.push_str(&line.to_ascii_lowercase()),
            }
        }
    }

    /// Writes as much as the peer takes; says whether that was all.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> bool {
        let stream = self.stream.get_mut();
        stream.write_all(bytes).and_then(|()| stream.flush()).is_ok()
    }

    /// Blocks until the peer has closed, or reset.
    pub(crate) fn wait_for_the_end(&mut self) {
        let mut rest = [0; 4096];
        while matches!(self.stream.read(&mut rest), Ok(length) if length > 0) {}
    }
}

/// An answer with this status and body.
pub(crate) fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

pub(crate) fn post(url: &str, body: &str) -> Call {
    Call {
        verb: Verb::Post,
        url: url.to_owned(),
        authorization: Some(Zeroizing::new("Basic c2VjcmV0".to_owned())),
        content_type: Some("application/json"),
        body: Zeroizing::new(body.as_bytes().to_vec()),
        timeout: TIMEOUT,
        reply_length_max: REPLY_LENGTH_MAX,
    }
}

/// Posts once with a client of its own.
pub(crate) async fn posted(url: &str) -> Result<Reply, NoReply> {
    Http::new().unwrap().call(post(url, "body")).await
}

/// Why there is no answer.
pub(crate) async fn failed(url: &str) -> NoReply {
    match posted(url).await {
        Ok(reply) => panic!("answered with {}", reply.status),
        Err(no_reply) => no_reply,
    }
}
