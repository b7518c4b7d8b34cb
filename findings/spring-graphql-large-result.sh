#!/usr/bin/env bash
# Spring for GraphQL's WebSocketGraphQlClient cannot take a result of more than 64 KiB over Reactor Netty, the client that its reference shows:
# a frame has that limit by default, while Spring's documented limit of codecs (256 KiB) does not count here. The subscription ends as
# with a lost connection, and the usual remedy, `retry`, connects again. So a client that resumes where it was never gets past such
# an event.
# What it means for Millrace: the recipe for Java (docs/recipes.md) raises the limit, and its test has a large event.
#
# Seen with Spring for GraphQL 2.0.6, Spring 7.0.8 and Reactor Netty 1.3.7, results in one frame:
#   by default: 60 KiB ok, 70 KiB WebSocketDisconnectedException; frames of 16 MiB: 300 KiB ok
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"; [ -z "${server:-}" ] || kill "$server"' EXIT
cd "$folder"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>x</groupId><artifactId>x</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.springframework.graphql</groupId><artifactId>spring-graphql</artifactId><version>2.0.6</version></dependency>
    <dependency><groupId>org.springframework</groupId><artifactId>spring-webflux</artifactId><version>7.0.8</version></dependency>
    <dependency><groupId>io.projectreactor.netty</groupId><artifactId>reactor-netty-http</artifactId><version>1.3.7</version></dependency>
    <dependency><groupId>tools.jackson.core</groupId><artifactId>jackson-databind</artifactId><version>3.3.0</version></dependency>
  </dependencies>
</project>
XML
mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=libs -DincludeScope=runtime
npm init -y > /dev/null
npm install --silent --no-audit --no-fund ws@8.23.0
cat > server.mjs <<'JS'
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'graphql-transport-ws' });
server.on('listening', () => console.log(server.address().port));
server.on('connection', (socket) => {
  socket.on('error', () => undefined);
  socket.on('message', (text) => {
    const { type, id, payload } = JSON.parse(text);
    if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
    if (type !== 'subscribe') return;
    const data = { text: 'x'.repeat(payload.variables.size * 1024) };
    socket.send(JSON.stringify({ type: 'next', id, payload: { data } }));
  });
});
JS
cat > Run.java <<'JAVA'
import java.net.URI;
import java.time.Duration;
import org.springframework.graphql.client.WebSocketGraphQlClient;
import org.springframework.web.reactive.socket.client.ReactorNettyWebSocketClient;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.WebsocketClientSpec;

class Run {
  static URI url;

  static String tried(int kibibytes, ReactorNettyWebSocketClient socket) {
    var client = WebSocketGraphQlClient.builder(url, socket).build();
    var request = client.document("subscription { text }").variable("size", kibibytes);
    try {
      request.executeSubscription().blockFirst(Duration.ofSeconds(20));
      return kibibytes + " KiB ok";
    } catch (RuntimeException error) {
      return kibibytes + " KiB " + error.getClass().getSimpleName();
    }
  }

  public static void main(String[] args) {
    url = URI.create("ws://127.0.0.1:" + args[0]);
    var usual = new ReactorNettyWebSocketClient();
    var large = new ReactorNettyWebSocketClient(
        HttpClient.create(), () -> WebsocketClientSpec.builder().maxFramePayloadLength(16 << 20));
    System.out.println("by default: " + tried(60, usual) + ", " + tried(70, usual)
        + "; frames of 16 MiB: " + tried(300, large));
    System.exit(0);
  }
}
JAVA
node server.mjs > port &
server=$!
until [ -s port ]; do sleep 0.1; done
seen=$(timeout 120 java -cp 'libs/*' Run.java "$(cat port)" 2> /dev/null)
echo "$seen"
[ "$seen" = 'by default: 60 KiB ok, 70 KiB WebSocketDisconnectedException; frames of 16 MiB: 300 KiB ok' ]
