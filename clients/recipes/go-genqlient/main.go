// Follows placed orders with Khan/genqlient and loses none: ./resume ws://localhost:4000/graphql
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"math/rand/v2"
	"net/http"
	"os"
	"time"

	"github.com/Khan/genqlient/graphql"
	"github.com/gorilla/websocket"
)

const orders = `subscription ($after: Cursor) { ordersPlaced(after: $after) { orderId } }`

type dialer struct{}

func (dialer) DialContext(ctx context.Context, url string, header http.Header) (graphql.WSConn, error) {
	connection, _, err := websocket.DefaultDialer.DialContext(ctx, url, header)
	return connection, err
}

type result struct {
	Data       *struct{ OrdersPlaced struct{ OrderID string } }
	Errors     json.RawMessage
	Extensions struct {
		Start  bool
		Cursor string
	}
}

// The payload of an `error` message, which ends a subscription.
type refusal []struct {
	Message    string
	Extensions struct {
		Code  string
		Retry bool
	}
}

func (r refusal) Error() string { return r[0].Extensions.Code + ": " + r[0].Message }

func main() {
	variables := map[string]any{}
	for {
		err := follow(context.Background(), os.Args[1], variables)
		var refused refusal
		if errors.As(err, &refused) && !refused[0].Extensions.Retry {
			log.Fatal(err)
		}
		time.Sleep(time.Duration(500+rand.IntN(1500)) * time.Millisecond)
	}
}

// Returns when the connection is lost or the subscription ends. The client itself never reconnects.
func follow(ctx context.Context, url string, variables map[string]any) error {
	start := graphql.WithConnectionParams(map[string]any{"startCursor": true})
	client := graphql.NewClientUsingWebSocket(url, dialer{}, start)
	failed, err := client.Start(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	request := &graphql.Request{Query: orders, Variables: variables}
	results := make(chan result)
	if _, err := client.Subscribe(request, results, forward); err != nil {
		return err
	}
	for {
		select {
		case next := <-results:
			handle(next)
			variables["after"] = next.Extensions.Cursor
		case err := <-failed:
			return err
		}
	}
}

// The function that genqlient generates drops the data and the cursor of a result with errors.
func forward(results any, payload json.RawMessage) error {
	var refused refusal
	if json.Unmarshal(payload, &refused) == nil {
		return refused
	}
	var next result
	if err := json.Unmarshal(payload, &next); err != nil {
		return err
	}
	results.(chan result) <- next
	return nil
}

func handle(next result) {
	switch {
	case next.Data != nil:
		fmt.Println("order", next.Data.OrdersPlaced.OrderID)
	case next.Extensions.Start:
		fmt.Println("started")
	default:
		fmt.Println(string(next.Errors))
	}
}
