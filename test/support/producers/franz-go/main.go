// Writes records with franz-go and its default partitioner. The protocol is that of ../confluent.py.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log"
	"os"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

type record struct {
	Key     *string           `json:"key"`
	Headers map[string]string `json:"headers"`
	Value   *string           `json:"value"`
}

type answer struct {
	Key       *string `json:"key"`
	Partition int32   `json:"partition"`
	Offset    int64   `json:"offset"`
}

func main() {
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(os.Args[1], ",")...), kgo.DefaultProduceTopic(os.Args[2]))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	out := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var one record
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			log.Fatal(err)
		}
		message := &kgo.Record{}
		if one.Key != nil {
			message.Key = []byte(*one.Key)
		}
		if one.Value != nil {
			message.Value = []byte(*one.Value)
		}
		for name, text := range one.Headers {
			message.Headers = append(message.Headers, kgo.RecordHeader{Key: name, Value: []byte(text)})
		}
		written, err := client.ProduceSync(context.Background(), message).First()
		if err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(answer{one.Key, written.Partition, written.Offset}); err != nil {
			log.Fatal(err)
		}
	}
}
