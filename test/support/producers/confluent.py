"""Writes records with librdkafka and its default partitioner: `confluent.py <brokers> <topic>`.

Reads one JSON object a line: {"key": text or null, "headers": {name: text}, "value": text or null}, or exact bytes in
base64: {"key64", "headers64": [[name, base64 or null]], "value64", "timestamp": milliseconds}.
Writes one JSON object a line, in any order, once a record is in the log: {"key", "partition", "offset"}.
"""

import base64
import faulthandler
import json
import signal
import sys

from confluent_kafka import Producer

faulthandler.register(signal.SIGQUIT)  # Says where it is, for the error of a test that waits in vain.

brokers, topic = sys.argv[1:]
producer = Producer({"bootstrap.servers": brokers, "linger.ms": 0})


def written(error, message):
    if error is not None:
        raise RuntimeError(str(error))
    key = message.key()
    answer = {
        "key": None if key is None else key.decode(errors="replace"),
        "partition": message.partition(),
        "offset": message.offset(),
    }
    print(json.dumps(answer), flush=True)


def exact(text):
    return None if text is None else base64.b64decode(text)


for line in sys.stdin:
    record = json.loads(line)
    more = {} if record.get("timestamp") is None else {"timestamp": record["timestamp"]}
    if "headers64" in record:
        headers = [(name, exact(text)) for name, text in record["headers64"]]
        key, value = exact(record["key64"]), exact(record["value64"])
    else:
        headers = [(name, text.encode()) for name, text in record["headers"].items()]
        key, value = (
            None if record[part] is None else record[part].encode() for part in ("key", "value")
        )
    producer.produce(topic, key=key, value=value, headers=headers, on_delivery=written, **more)
    # Until it is written: the caller waits for the answer before it sends the next line, or not at all.
    producer.flush()
