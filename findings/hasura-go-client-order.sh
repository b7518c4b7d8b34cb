#!/usr/bin/env bash
# hasura/go-graphql-client handles each message of a connection in a goroutine of its own, unless `WithSyncMode(true)` is set. So the
# handler of one subscription runs several times at once, and results overtake each other: the last one it sees need not be the last
# one that was sent, and a cursor that it keeps may go back.
# What it means for Millrace: the recipe for this client (docs/recipes.md) sets it.
#
# Seen with go-graphql-client 0.15.1 and Go 1.26, 1000 results sent one after the other:
#   by default: out of order, several at once; with WithSyncMode(true): in order, one at a time
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
go mod init x 2> /dev/null
go get github.com/hasura/go-graphql-client@v0.15.1 github.com/coder/websocket@v1.8.13 2> /dev/null
cat > main.go <<'GO'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/hasura/go-graphql-client"
)

const count = 1000

type message map[string]any

func serve(w http.ResponseWriter, r *http.Request) {
	connection, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return
	}
	ctx := context.Background()
	var given message
	for wsjson.Read(ctx, connection, &given) == nil {
		if given["type"] == "connection_init" {
			_ = wsjson.Write(ctx, connection, message{"type": "connection_ack"})
		}
		for n := 0; given["type"] == "subscribe" && n < count; n++ {
			payload := message{"data": message{"n": n}}
			_ = wsjson.Write(ctx, connection, message{"type": "next", "id": given["id"], "payload": payload})
		}
	}
}

func tried(url string, inSync bool) string {
	client := graphql.NewSubscriptionClient(url).WithProtocol(graphql.GraphQLWS).WithSyncMode(inSync)
	var lock sync.Mutex
	var seen []int
	var running atomic.Int32
	var atOnce atomic.Bool
	done := make(chan struct{})
	_, _ = client.Exec("subscription { n }", nil, func(data []byte, _ error) error {
		if running.Add(1) > 1 {
			atOnce.Store(true)
		}
		defer running.Add(-1)
		var result struct{ N int }
		_ = json.Unmarshal(data, &result)
		lock.Lock()
		defer lock.Unlock()
		if seen = append(seen, result.N); len(seen) == count {
			close(done)
		}
		return nil
	})
	go func() { _ = client.Run() }()
	<-done
	order, times := "in order", "one at a time"
	for i := range seen {
		if seen[i] != i {
			order = "out of order"
		}
	}
	if atOnce.Load() {
		times = "several at once"
	}
	return order + ", " + times
}

func main() {
	server := httptest.NewServer(http.HandlerFunc(serve))
	url := "ws" + server.URL[len("http"):]
	fmt.Printf("by default: %s; with WithSyncMode(true): %s\n", tried(url, false), tried(url, true))
}
GO
go mod tidy 2> /dev/null
seen=$(timeout 120 go run .)
echo "$seen"
[ "$seen" = 'by default: out of order, several at once; with WithSyncMode(true): in order, one at a time' ]
