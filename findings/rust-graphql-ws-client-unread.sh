#!/usr/bin/env bash
# In Rust's graphql-ws-client one subscription whose results are not read stops all others of its connection, from its sixth result on: the
# task that reads the socket waits for room in that subscription's queue. It does not answer pings either, so a server that waits for
# the pong cuts the connection. And every stream of it then ends without an error, as if it were completed.
# What it means for Millrace: docs/recipes.md says so. The gateway drops such a client, which reads nothing, and its cursor resumes it.
#
# Seen with graphql-ws-client 0.13.0 and tokio-tungstenite 0.28 on Rust 1.95; the other subscription is sent 100 results, then a ping:
#   unread and 5 results: 100 of 100, pong; unread and 7 results: 0 of 100, no pong
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"; [ -z "${server:-}" ] || kill "$server"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund ws@8.23.0
cat > server.mjs <<'JS'
import { writeFileSync } from 'node:fs';
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'graphql-transport-ws' });
server.on('listening', () => console.log(server.address().port));
server.on('connection', (socket) => {
  const send = (message) => socket.send(JSON.stringify(message));
  socket.on('message', (text) => {
    const { type, id, payload } = JSON.parse(text);
    if (type === 'connection_init') send({ type: 'connection_ack' });
    if (type === 'pong') writeFileSync('pong', 'pong');
    if (type !== 'subscribe') return;
    for (let n = 0; n < payload.count; n++) send({ type: 'next', id, payload: { data: { n } } });
    if (payload.count === 100) send({ type: 'ping' });
  });
});
JS
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "x"
version = "0.1.0"
edition = "2024"

[dependencies]
futures-util = { version = "0.3", default-features = false }
graphql-ws-client = { version = "=0.13.0", features = ["tungstenite-0.28"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
tokio = { version = "1", features = ["macros", "net", "rt", "time"] }
tokio-tungstenite = { version = "0.28", default-features = false, features = ["connect", "handshake"] }

[profile.dev]
debug = false
TOML
cat > src/main.rs <<'RS'
use futures_util::StreamExt;
use graphql_ws_client::{Client, graphql::GraphqlOperation};
use serde_json::Value;
use std::{future::IntoFuture, time::Duration};
use tokio_tungstenite::{connect_async, tungstenite::{client::IntoClientRequest, http::HeaderValue}};

#[derive(serde::Serialize)]
struct Operation {
    count: u64,
    query: &'static str,
}

impl GraphqlOperation for Operation {
    type Response = Value;
    type Error = serde_json::Error;
    fn decode(&self, result: Value) -> Result<Value, Self::Error> {
        Ok(result)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let mut request = format!("ws://127.0.0.1:{}", arguments[1]).into_client_request().unwrap();
    let protocol = HeaderValue::from_static("graphql-transport-ws");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let (connection, _) = connect_async(request).await.unwrap();
    let (client, actor) = Client::build(connection).await.unwrap();
    tokio::spawn(actor.into_future());
    let count = arguments[2].parse().unwrap();
    let _unread = client.subscribe(Operation { count, query: "subscription { n }" }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut read = client.subscribe(Operation { count: 100, query: "subscription { n }" }).await.unwrap();
    let mut seen = 0;
    while tokio::time::timeout(Duration::from_secs(2), read.next()).await.is_ok() {
        seen += 1;
    }
    println!("{seen} of 100");
}
RS
cargo build --quiet
node server.mjs > port &
server=$!
until [ -s port ]; do sleep 0.1; done
tried() {
  rm -f pong
  echo "unread and $1 results: $(target/debug/x "$(cat port)" "$1"), $([ -e pong ] && echo pong || echo no pong)"
}
seen="$(tried 5); $(tried 7)"
echo "$seen"
[ "$seen" = 'unread and 5 results: 100 of 100, pong; unread and 7 results: 0 of 100, no pong' ]
