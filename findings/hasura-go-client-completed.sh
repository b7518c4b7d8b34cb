#!/usr/bin/env bash
# hasura/go-graphql-client subscribes again, at its next reconnect, to every subscription that the server has completed or refused in the
# meantime: it forgets them for the connection only. So what was over, such as the events of one finished job or a document that is
# invalid, comes back after any restart of the server, until `Unsubscribe` is called.
# What it means for Millrace: docs/recipes.md says to call `Unsubscribe`; a handler that returns the error of a refusal ends the client.
#
# Seen with go-graphql-client 0.15.1 and Go 1.26: `done` is completed after a result, `bad` refused, `on` goes on; then the connection is cut
#   first connection: bad done on; second connection: bad done on
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
	"fmt"
	"net/http"
	"net/http/httptest"
	"sort"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/hasura/go-graphql-client"
)

type message map[string]any

// What each connection was asked for.
var asked = make(chan []string, 2)

func serve(w http.ResponseWriter, r *http.Request) {
	connection, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return
	}
	ctx := context.Background()
	send := func(it message) { _ = wsjson.Write(ctx, connection, it) }
	var names []string
	var given struct {
		Type, ID string
		Payload  struct{ Query string }
	}
	for wsjson.Read(ctx, connection, &given) == nil {
		if given.Type == "connection_init" {
			send(message{"type": "connection_ack"})
			continue
		}
		name := strings.Fields(given.Payload.Query)[2]
		names = append(names, name)
		switch name {
		case "done":
			send(message{"type": "next", "id": given.ID, "payload": message{"data": message{"done": 1}}})
			send(message{"type": "complete", "id": given.ID})
		case "bad":
			send(message{"type": "error", "id": given.ID, "payload": []message{{"message": "no such field"}}})
		}
		if len(names) == 3 {
			sort.Strings(names)
			asked <- names
			time.Sleep(500 * time.Millisecond)
			_ = connection.CloseNow()
		}
	}
}

func main() {
	server := httptest.NewServer(http.HandlerFunc(serve))
	client := graphql.NewSubscriptionClient("ws" + server.URL[len("http"):]).WithProtocol(graphql.GraphQLWS).WithRetryDelay(100 * time.Millisecond)
	for _, name := range []string{"done", "bad", "on"} {
		_, _ = client.Exec("subscription { "+name+" }", nil, func([]byte, error) error { return nil })
	}
	go func() { _ = client.Run() }()
	first, second := <-asked, <-asked
	fmt.Printf("first connection: %s; second connection: %s\n", strings.Join(first, " "), strings.Join(second, " "))
}
GO
go mod tidy 2> /dev/null
seen=$(timeout 60 go run .)
echo "$seen"
[ "$seen" = 'first connection: bad done on; second connection: bad done on' ]
