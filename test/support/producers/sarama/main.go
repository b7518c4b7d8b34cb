// Writes records with sarama and its default partitioner. The protocol is that of ../confluent.py.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"strings"

	"github.com/IBM/sarama"
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
	config := sarama.NewConfig()
	config.Version = sarama.V2_0_0_0 // Headers need 0.11 or later.
	config.Producer.Return.Successes = true
	producer, err := sarama.NewSyncProducer(strings.Split(os.Args[1], ","), config)
	if err != nil {
		log.Fatal(err)
	}
	out := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var one record
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			log.Fatal(err)
		}
		message := &sarama.ProducerMessage{Topic: os.Args[2]}
		if one.Key != nil {
			message.Key = sarama.StringEncoder(*one.Key)
		}
		if one.Value != nil {
			message.Value = sarama.StringEncoder(*one.Value)
		}
		for name, text := range one.Headers {
			message.Headers = append(message.Headers, sarama.RecordHeader{Key: []byte(name), Value: []byte(text)})
		}
		partition, offset, err := producer.SendMessage(message)
		if err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(answer{one.Key, partition, offset}); err != nil {
			log.Fatal(err)
		}
	}
}
