#!/usr/bin/env bash
# Confluent's own clients disagree on the message index of Protobuf: it counts the messages inside of a message, and a map has one for its
# entries, which no file in text shows. The client for Python counts it, the one for JavaScript does not. So of a message B
# behind a map, what one of them writes is nothing, or another message, for the other.
# What it means for Millrace: the entries of maps in a descriptor count, unless the index is that of one.
#
# Seen with confluent-kafka 2.16.1 and @confluentinc/schemaregistry 1.10.1, for
# message A { map<string, string> m = 1; message B { string b = 1; } }, after the id of the schema:
#   Python writes A.B: 04 00 02; JavaScript: 04 00 00; JavaScript reads what Python wrote: out of range
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @confluentinc/schemaregistry@1.10.1
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'confluent-kafka[protobuf,schemaregistry]==2.16.1'
cat > run.py <<'PY'
import base64
import warnings

warnings.simplefilter("ignore")
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

kinds = descriptor_pb2.FieldDescriptorProto
file = descriptor_pb2.FileDescriptorProto(name="a.proto", syntax="proto3")
a = file.message_type.add(name="A")
a.field.add(name="m", number=1, type=kinds.TYPE_MESSAGE, label=kinds.LABEL_REPEATED, type_name=".A.MEntry")
entry = a.nested_type.add(name="MEntry")
entry.options.map_entry = True
b = a.nested_type.add(name="B")
for message, name, number in [(entry, "key", 1), (entry, "value", 2), (b, "b", 1)]:
    message.field.add(name=name, number=number, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
pool = descriptor_pool.DescriptorPool()
pool.Add(file)
B = message_factory.GetMessageClass(pool.FindMessageTypeByName("A.B"))
registry = SchemaRegistryClient.new_client({"url": "mock://"})
serializer = ProtobufSerializer(B, registry, {"use.deprecated.format": False})
written = serializer(B(b="x"), SerializationContext("t", MessageField.VALUE))
print(base64.b64encode(file.SerializeToString()).decode(), written[5:].hex())
PY
cat > run.cjs <<'JS'
const { create, createFileRegistry, fromBinary } = require('@bufbuild/protobuf');
const { FileDescriptorProtoSchema } = require('@bufbuild/protobuf/wkt');
const { ProtobufDeserializer, ProtobufSerializer, SchemaRegistryClient, SerdeType } = require('@confluentinc/schemaregistry');

async function main(file, python) {
  const types = createFileRegistry(fromBinary(FileDescriptorProtoSchema, Buffer.from(file, 'base64')), () => undefined);
  const client = SchemaRegistryClient.newClient({ baseURLs: ['mock://'] });
  const serializer = new ProtobufSerializer(client, SerdeType.VALUE, { autoRegisterSchemas: true });
  const B = types.getMessage('A.B');
  serializer.registry.add(B);
  const written = await serializer.serialize('t', create(B, { b: 'x' }));
  const deserializer = new ProtobufDeserializer(client, SerdeType.VALUE, {});
  const theirs = Buffer.concat([written.subarray(0, 5), Buffer.from(python, 'hex')]);
  const read = await deserializer.deserialize('t', theirs).then(JSON.stringify, (error) => /out of range/.exec(error.message)?.[0]);
  const index = (bytes) => bytes.toString('hex').match(/../g).slice(0, 3).join(' ');
  console.log(
    `Python writes A.B: ${index(theirs.subarray(5))}; JavaScript: ${index(written.subarray(5))}; JavaScript reads what Python wrote: ${read}`,
  );
}
main(...process.argv.slice(2));
JS
# shellcheck disable=SC2046 # two words: the file and the bytes
seen=$(node run.cjs $(venv/bin/python run.py))
echo "$seen"
[ "$seen" = 'Python writes A.B: 04 00 02; JavaScript: 04 00 00; JavaScript reads what Python wrote: out of range' ]
