// Follows placed orders with hasura/go-graphql-client and loses none: ./resume ws://localhost:4000/graphql
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/hasura/go-graphql-client"
)

const orders = `subscription ($after: Cursor) { ordersPlaced(after: $after) { orderId } }`

func main() {
	// The client keeps the map itself, and serialises it at each attempt to connect.
	variables := map[string]any{}
	var cursor string
	client := graphql.NewSubscriptionClient(os.Args[1]).
		WithProtocol(graphql.GraphQLWS).
		WithConnectionParams(map[string]any{"startCursor": true}).
		// Results in their order: by default each message is handled in a goroutine of its own.
		WithSyncMode(true).
		// By default 10 MB. A larger result closes the connection, and is the first one again when it resumes.
		WithReadLimit(16 << 20).
		// By default it gives up after a minute without a server.
		WithRetryTimeout(0).
		// Handlers get no extensions, but the log gets each message before its handler does.
		WithLog(func(args ...any) {
			if message, ok := args[0].(graphql.OperationMessage); ok {
				cursor = cursorOf(message)
			}
		}).
		OnError(func(_ *graphql.SubscriptionClient, err error) error {
			if isFinal(err) {
				return err
			}
			return nil // It reconnects.
		})
	_, err := client.Exec(orders, variables, func(data []byte, err error) error {
		if cursor == "" {
			return err // An error of the subscription, not a result: OnError decides.
		}
		handle(data, err)
		variables["after"] = cursor
		return nil
	})
	if err == nil {
		err = client.Run()
	}
	if err != nil {
		log.Fatal(err)
	}
}

func cursorOf(message graphql.OperationMessage) string {
	var result struct{ Extensions struct{ Cursor string } }
	if message.Type == graphql.GQLNext {
		_ = json.Unmarshal(message.Payload, &result)
	}
	return result.Extensions.Cursor
}

func isFinal(err error) bool {
	var list graphql.Errors
	return errors.As(err, &list) && list[0].Extensions["retry"] != true
}

func handle(data []byte, err error) {
	var result struct{ OrdersPlaced struct{ OrderID string } }
	switch {
	case err != nil:
		fmt.Println(err)
	case data == nil:
		fmt.Println("started")
	case json.Unmarshal(data, &result) == nil:
		fmt.Println("order", result.OrdersPlaced.OrderID)
	}
}
