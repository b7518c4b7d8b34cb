// A subscription with hasura/go-graphql-client and its defaults, which prints what it is told: ./program URL QUERY
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/hasura/go-graphql-client"
)

func main() {
	client := graphql.NewSubscriptionClient(os.Args[1])
	client.OnSubscriptionComplete(func(graphql.Subscription) { fmt.Println("end") })
	_, err := client.Exec(os.Args[2], nil, func(data []byte, err error) error {
		if err != nil {
			fmt.Println("error", err)
		} else {
			fmt.Println("data", string(data))
		}
		return nil
	})
	if err == nil {
		err = client.Run()
	}
	if err != nil {
		log.Fatal(err)
	}
}
