#!/usr/bin/env bash
# In Khan/genqlient one subscription that the server refuses ends all others of its client. The payload of the protocol's `error` message is a
# list; the client hands it to the same function as results, which expects an object, and what that function returns stops the reading of
# the connection. The program gets a JSON error on the client's channel; no channel of results is closed.
# What it means for Millrace: docs/recipes.md gives each subscription a client of its own, and reads the list.
#
# Seen with genqlient 0.8.1 and Go 1.26; the first of two subscriptions goes on for ever, the second is refused:
#   json: cannot unmarshal array into Go value of type graphql.Response; results of the other one after that: none
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
go mod init x 2> /dev/null
go get github.com/Khan/genqlient@v0.8.1 github.com/gorilla/websocket@v1.5.3 2> /dev/null
cat > main.go <<'GO'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/Khan/genqlient/graphql"
	"github.com/gorilla/websocket"
)

func serve(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{Subprotocols: []string{"graphql-transport-ws"}}
	connection, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	send := func(text string) { _ = connection.WriteMessage(websocket.TextMessage, []byte(text)) }
	var given struct {
		Type, ID string
		Payload  struct{ Query string }
	}
	var first string
	for connection.ReadJSON(&given) == nil {
		switch {
		case given.Type == "connection_init":
			send(`{"type":"connection_ack"}`)
		case strings.Contains(given.Payload.Query, "first"):
			first = given.ID
			send(`{"type":"next","id":"` + first + `","payload":{"data":{"n":1}}}`)
		default:
			send(`{"type":"error","id":"` + given.ID + `","payload":[{"message":"no such field"}]}`)
			go func() {
				for {
					time.Sleep(50 * time.Millisecond)
					send(`{"type":"next","id":"` + first + `","payload":{"data":{"n":2}}}`)
				}
			}()
		}
	}
}

type dialer struct{}

func (dialer) DialContext(ctx context.Context, url string, header http.Header) (graphql.WSConn, error) {
	connection, _, err := websocket.DefaultDialer.DialContext(ctx, url, header)
	return connection, err
}

// As the generated functions do.
func forward(results any, payload json.RawMessage) error {
	var response graphql.Response
	if err := json.Unmarshal(payload, &response); err != nil {
		return err
	}
	results.(chan graphql.Response) <- response
	return nil
}

func main() {
	server := httptest.NewServer(http.HandlerFunc(serve))
	client := graphql.NewClientUsingWebSocket("ws"+server.URL[len("http"):], dialer{})
	failed, err := client.Start(context.Background())
	if err != nil {
		panic(err)
	}
	first, second := make(chan graphql.Response), make(chan graphql.Response)
	_, _ = client.Subscribe(&graphql.Request{Query: "subscription { first }"}, first, forward)
	<-first
	_, _ = client.Subscribe(&graphql.Request{Query: "subscription { second }"}, second, forward)
	said := <-failed
	more := "none"
	select {
	case <-first:
		more = "some"
	case <-time.After(2 * time.Second):
	}
	fmt.Printf("%v; results of the other one after that: %s\n", said, more)
}
GO
GOFLAGS=-mod=mod go mod tidy 2> /dev/null
seen=$(timeout 120 go run .)
echo "$seen"
[ "$seen" = 'json: cannot unmarshal array into Go value of type graphql.Response; results of the other one after that: none' ]
