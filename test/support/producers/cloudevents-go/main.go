// Writes and reads CloudEvents with the SDK for Go over sarama. The protocol is that of ../cloudevents.py.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log"
	"os"
	"strings"
	"time"

	"github.com/IBM/sarama"
	kafka "github.com/cloudevents/sdk-go/protocol/kafka_sarama/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
)

type request struct {
	Op        string
	Mode      string
	Topic     string
	Key       string
	Partition int32
	Offset    int64
	Value     struct {
		Specversion, ID, Source, Type string
		Time                          time.Time
		Data                          map[string]any
	}
}

func main() {
	config := sarama.NewConfig()
	config.Version = sarama.V2_0_0_0 // Headers need 0.11 or later.
	config.Producer.Return.Successes = true
	client, err := sarama.NewClient(strings.Split(os.Args[1], ","), config)
	check(err)
	producer, err := sarama.NewSyncProducerFromClient(client)
	check(err)
	consumer, err := sarama.NewConsumerFromClient(client)
	check(err)
	out := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one request
		check(json.Unmarshal(lines.Bytes(), &one))
		if one.Op == "write" {
			partition, offset := write(producer, one)
			check(out.Encode(map[string]any{"partition": partition, "offset": offset}))
		} else {
			check(out.Encode(map[string]any{"value": read(consumer, one)}))
		}
	}
}

func write(producer sarama.SyncProducer, one request) (int32, int64) {
	said := event.New(one.Value.Specversion)
	said.SetID(one.Value.ID)
	said.SetSource(one.Value.Source)
	said.SetType(one.Value.Type)
	said.SetTime(one.Value.Time)
	said.SetExtension("count", 7)
	said.SetExtension("urgent", true)
	check(said.SetData(event.ApplicationJSON, one.Value.Data))
	ctx := context.Background()
	if one.Mode == "structured" {
		ctx = binding.WithForceStructured(ctx)
	} else {
		ctx = binding.WithForceBinary(ctx)
	}
	message := &sarama.ProducerMessage{Topic: one.Topic, Key: sarama.StringEncoder(one.Key)}
	check(kafka.WriteProducerMessage(ctx, binding.ToMessage(&said), message))
	partition, offset, err := producer.SendMessage(message)
	check(err)
	return partition, offset
}

func read(consumer sarama.Consumer, one request) *event.Event {
	partition, err := consumer.ConsumePartition(one.Topic, one.Partition, one.Offset)
	check(err)
	defer partition.Close()
	said, err := binding.ToEvent(context.Background(), kafka.NewMessageFromConsumerMessage(<-partition.Messages()))
	check(err)
	return said
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
