#!/usr/bin/env bash
# `StringRecord` and `KeyStringRecord` of franz-go 1.22.3 make a record without a value, a tombstone, of an empty text, and one without
# a key of an empty key: they take the text's bytes where they are, and Go's `unsafe.StringData("")` may be nil. In a compacted
# topic the record deletes its key. `KeySliceRecord` with an empty slice writes an empty value, as do Java's, Python's and
# JavaScript's clients for "".
# What it means for Millrace: such a record deletes its key (docs/protocol.md).
#
# Seen with franz-go 1.22.3 and its kfake of 2026-09-18 on Go 1.26:
#   KeyStringRecord("a", ""): key "a", value none
#   KeySliceRecord("a", ""): key "a", value ""
#   KeyStringRecord("", "v"): key none, value "v"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > go.mod <<'MOD'
module finding

go 1.26.0

require (
	github.com/twmb/franz-go v1.22.3
	github.com/twmb/franz-go/pkg/kfake v0.0.0-20260918054303-01f206a7e32c
)
MOD
cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	if err != nil {
		panic(err)
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.DefaultProduceTopic("t"), kgo.ConsumeTopics("t"),
	)
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	text := func(bytes []byte) string {
		if bytes == nil {
			return "none"
		}
		return fmt.Sprintf("%q", bytes)
	}
	for _, record := range []*kgo.Record{
		kgo.KeyStringRecord("a", ""), kgo.KeySliceRecord([]byte("a"), []byte("")), kgo.KeyStringRecord("", "v"),
	} {
		if err := client.ProduceSync(ctx, record).FirstErr(); err != nil {
			panic(err)
		}
	}
	made := []string{`KeyStringRecord("a", "")`, `KeySliceRecord("a", "")`, `KeyStringRecord("", "v")`}
	for n := 0; n < len(made); {
		client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			fmt.Printf("%s: key %s, value %s\n", made[n], text(r.Key), text(r.Value))
			n++
		})
	}
}
GO
go mod tidy > /dev/null 2>&1
seen=$(timeout 120 go run .)
echo "$seen"
[ "$seen" = 'KeyStringRecord("a", ""): key "a", value none
KeySliceRecord("a", ""): key "a", value ""
KeyStringRecord("", "v"): key none, value "v"' ]
