"""Writes and reads CloudEvents with the SDK for Python over librdkafka: `cloudevents.py <brokers>`.

A JSON object on each line of standard input, one answer each.
write: {"op": "write", "mode": "binary" | "structured", "topic", "key", "value": attributes and data}
read:  {"op": "read", "topic", "partition", "offset"}
"""

import faulthandler
import json
import signal
import sys
from datetime import datetime

# The folder of this file comes first, and would be taken for the package.
sys.path.pop(0)

from cloudevents.core.bindings import kafka
from cloudevents.core.v03.event import CloudEvent as CloudEvent03
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Consumer, Producer, TopicPartition

faulthandler.register(signal.SIGQUIT)  # Says where it is, for the error of a test that waits in vain.

brokers = sys.argv[1]
producer = Producer({"bootstrap.servers": brokers, "linger.ms": 0})


def event_of(value):
    attributes = {name: value[name] for name in ("specversion", "id", "source", "type")}
    attributes |= {
        "time": datetime.fromisoformat(value["time"]),
        "datacontenttype": "application/json",
        "count": 7,
        "urgent": True,
    }
    of_version = CloudEvent03 if value["specversion"] == "0.3" else CloudEvent
    return of_version(attributes, value["data"])


def write(request):
    to_message = kafka.to_structured_event if request["mode"] == "structured" else kafka.to_binary_event
    message = to_message(event_of(request["value"]), key_mapper=lambda _event: request["key"])
    written = []
    producer.produce(
        request["topic"],
        key=message.key,
        value=message.value,
        headers=message.headers,
        on_delivery=lambda error, record: written.append((error, record)),
    )
    producer.flush()
    error, record = written[0]
    if error is not None:
        raise RuntimeError(str(error))
    return {"partition": record.partition(), "offset": record.offset()}


def read(request):
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "none", "enable.auto.commit": False})
    try:
        consumer.assign([TopicPartition(request["topic"], request["partition"], request["offset"])])
        while True:
            record = consumer.poll(1.0)
            if record is not None and record.error() is None:
                message = kafka.KafkaMessage(dict(record.headers()), record.key(), record.value())
                event = kafka.from_kafka_event(message)
                return {"value": {**event.get_attributes(), "data": event.get_data()}}
    finally:
        consumer.close()


def plain(value):
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


for line in sys.stdin:
    request = json.loads(line)
    answer = write(request) if request["op"] == "write" else read(request)
    print(json.dumps(answer, default=plain), flush=True)
