"""Writes and reads records with Confluent's serialisers. A JSON object on each line of standard input, one answer each.

usage: serializers.py BROKERS REGISTRY
write: {"op": "write", "format": "AVRO" | "PROTOBUF" | "JSON_SCHEMA", "topic", "schema", "key", "value", "header": bool}
read:  {"op": "read", "format", "topic", "schema", "partition", "offset"}
"""

import base64
import faulthandler
import json
import signal
import sys

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory, timestamp_pb2

brokers, registry_url = sys.argv[1:3]
faulthandler.register(signal.SIGQUIT)  # Says where it is, for the error of a test that waits in vain.
# Without a timeout its client waits for ever.
registry = SchemaRegistryClient({"url": registry_url, "timeout": 30})
producer = Producer({"bootstrap.servers": brokers, "linger.ms": 0})


def order_message():
    """message Order { int64 id = 1; string text = 2; google.protobuf.Timestamp at = 3; optional bytes raw = 4; }"""
    pool = descriptor_pool.DescriptorPool()
    stamp = descriptor_pb2.FileDescriptorProto()
    timestamp_pb2.DESCRIPTOR.CopyToProto(stamp)
    pool.Add(stamp)
    file = descriptor_pb2.FileDescriptorProto(
        name="order.proto", package="com.acme", syntax="proto3", dependency=[stamp.name]
    )
    order = file.message_type.add(name="Order")
    kinds = descriptor_pb2.FieldDescriptorProto
    order.field.add(name="id", number=1, type=kinds.TYPE_INT64, label=1)
    order.field.add(name="text", number=2, type=kinds.TYPE_STRING, label=1)
    order.field.add(
        name="at", number=3, type=kinds.TYPE_MESSAGE, label=1, type_name=".google.protobuf.Timestamp"
    )
    order.field.add(name="raw", number=4, type=kinds.TYPE_BYTES, label=1)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("com.acme.Order"))


Order = order_message()


def serialized(request):
    topic, value = request["topic"], request["value"]
    context = SerializationContext(topic, MessageField.VALUE)
    kind = request["format"]
    if kind == "AVRO":
        return AvroSerializer(registry, request["schema"])(value, context)
    if kind == "JSON_SCHEMA":
        return JSONSerializer(request["schema"], registry)(value, context)
    message = json_format.ParseDict(value, Order())
    return ProtobufSerializer(Order, registry, {"use.deprecated.format": False})(message, context)


def deserialized(request, payload):
    context = SerializationContext(request["topic"], MessageField.VALUE)
    kind = request["format"]
    if kind == "AVRO":
        return AvroDeserializer(registry)(payload, context)
    if kind == "JSON_SCHEMA":
        return JSONDeserializer(request["schema"], schema_registry_client=registry)(payload, context)
    message = ProtobufDeserializer(Order, {"use.deprecated.format": False}, registry)(payload, context)
    return json_format.MessageToDict(message)


def write(request):
    written = []
    producer.produce(
        request["topic"],
        key=request["key"],
        value=serialized(request),
        headers=list(request.get("headers", {}).items()),
        on_delivery=lambda error, message: written.append((error, message)),
    )
    producer.flush()
    error, message = written[0]
    if error is not None:
        raise RuntimeError(str(error))
    return {"partition": message.partition(), "offset": message.offset()}


def read(request):
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "none", "enable.auto.commit": False})
    try:
        consumer.assign([TopicPartition(request["topic"], request["partition"], request["offset"])])
        while True:
            message = consumer.poll(1.0)
            if message is not None and message.error() is not None:
                raise RuntimeError(str(message.error()))
            if message is not None:
                return {"value": deserialized(request, message.value())}
    finally:
        consumer.close()


def plain(value):
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


for line in sys.stdin:
    request = json.loads(line)
    answer = write(request) if request["op"] == "write" else read(request)
    print(json.dumps(answer, default=plain), flush=True)
