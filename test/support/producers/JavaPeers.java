import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import io.cloudevents.CloudEvent;
import io.cloudevents.SpecVersion;
import io.cloudevents.core.builder.CloudEventBuilder;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes and reads records with the serialisers of others. Run as one source file:
 * {@code java -cp 'libs/*' JavaPeers.java <brokers>}. A JSON object on each line of standard input, one answer each:
 * {@code {"op": "write", "serializer": class, "settings", "topic", "key", "kind", "value"}}, where kind tells what the serialiser
 * is given: CLOUDEVENT, POJO, AVRO (with "schema"), PROTOBUF or JSON;
 * {@code {"op": "read", "deserializer": class, "settings", "topic", "partition", "offset"}}.
 */
public class JavaPeers {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static String brokers;

  public static void main(String[] args) throws Exception {
    brokers = args[0];
    // Spring looks for classes there, and a program of one source file has its own loader.
    Thread.currentThread().setContextClassLoader(JavaPeers.class.getClassLoader());
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonNode request = JSON.readTree(line);
      ObjectNode answer = request.get("op").asText().equals("write") ? write(request) : read(request);
      System.out.println(JSON.writeValueAsString(answer));
    }
  }

  /** What Spring's serialiser is given. Its name is JavaPeers$Order. */
  public static class Order {
    public long id;
    public String text;
    public String at;
  }

  private static ObjectNode write(JsonNode request) throws Exception {
    Serializer<Object> serializer = create(request.get("serializer"));
    serializer.configure(settings(request), false);
    Map<String, Object> producing = Map.of("bootstrap.servers", brokers, "linger.ms", 0);
    try (var producer = new KafkaProducer<String, Object>(producing, new StringSerializer(), serializer)) {
      Object value = valueOf(request);
      var written = producer.send(
          new ProducerRecord<String, Object>(request.get("topic").asText(), request.get("key").asText(), value)).get();
      return JSON.createObjectNode().put("partition", written.partition()).put("offset", written.offset());
    }
  }

  private static ObjectNode read(JsonNode request) throws Exception {
    Deserializer<Object> deserializer = create(request.get("deserializer"));
    deserializer.configure(settings(request), false);
    Map<String, Object> consuming = Map.of("bootstrap.servers", brokers, "enable.auto.commit", false);
    try (var consumer = new KafkaConsumer<String, Object>(consuming, new StringDeserializer(), deserializer)) {
      var partition = new TopicPartition(request.get("topic").asText(), request.get("partition").asInt());
      consumer.assign(List.of(partition));
      consumer.seek(partition, request.get("offset").asLong());
      while (true) {
        for (ConsumerRecord<String, Object> one : consumer.poll(Duration.ofSeconds(1)))
          return JSON.createObjectNode().put("class", one.value().getClass().getName()).set("value", shown(one.value()));
      }
    }
  }

  @SuppressWarnings("unchecked") // The request names a class of this kind.
  private static <T> T create(JsonNode name) throws Exception {
    return (T) Class.forName(name.asText()).getDeclaredConstructor().newInstance();
  }

  private static Map<String, Object> settings(JsonNode request) {
    Map<String, Object> settings = new HashMap<>();
    if (request.has("settings"))
      request.get("settings").properties().forEach(entry -> settings.put(entry.getKey(), entry.getValue().asText()));
    return settings;
  }

  private static Object valueOf(JsonNode request) throws Exception {
    JsonNode value = request.get("value");
    switch (request.get("kind").asText()) {
      case "CLOUDEVENT":
        return cloudEvent(value);
      case "POJO":
        return JSON.treeToValue(value, Order.class);
      case "AVRO":
        Schema schema = new Schema.Parser().parse(request.get("schema").asText());
        return new GenericDatumReader<GenericRecord>(schema)
            .read(null, DecoderFactory.get().jsonDecoder(schema, JSON.writeValueAsString(value)));
      case "PROTOBUF":
        return message(request.get("message").asText(), value);
      default:
        return value;
    }
  }

  private static CloudEvent cloudEvent(JsonNode value) throws Exception {
    return CloudEventBuilder.fromSpecVersion(SpecVersion.parse(value.get("specversion").asText()))
        .withId(value.get("id").asText())
        .withSource(URI.create(value.get("source").asText()))
        .withType(value.get("type").asText())
        .withTime(OffsetDateTime.parse(value.get("time").asText()))
        .withExtension("count", 7)
        .withExtension("urgent", true)
        .withData("application/json", JSON.writeValueAsBytes(value.get("data")))
        .build();
  }

  private static Message message(String name, JsonNode value) throws Exception {
    Descriptors.Descriptor type = typeOf(name);
    DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
    value.properties().forEach(entry -> {
      Descriptors.FieldDescriptor field = type.findFieldByName(entry.getKey());
      boolean isText = field.getJavaType() == Descriptors.FieldDescriptor.JavaType.STRING;
      message.setField(field, isText ? entry.getValue().asText() : (Object) entry.getValue().asLong());
    });
    return message.build();
  }

  /** message First { string a = 1; } message Order { int64 id = 1; string text = 2; string at = 3; } */
  private static Descriptors.Descriptor typeOf(String name) throws Exception {
    DescriptorProto first = DescriptorProto.newBuilder().setName("First").addField(field("a", 1, "TYPE_STRING")).build();
    DescriptorProto order = DescriptorProto.newBuilder().setName("Order")
        .addField(field("id", 1, "TYPE_INT64")).addField(field("text", 2, "TYPE_STRING"))
        .addField(field("at", 3, "TYPE_STRING")).build();
    FileDescriptorProto file = FileDescriptorProto.newBuilder().setName("order.proto").setPackage("com.acme")
        .setSyntax("proto3").addMessageType(first).addMessageType(order).build();
    return Descriptors.FileDescriptor.buildFrom(file, new Descriptors.FileDescriptor[0]).findMessageTypeByName(name);
  }

  private static FieldDescriptorProto field(String name, int number, String type) {
    return FieldDescriptorProto.newBuilder().setName(name).setNumber(number)
        .setType(FieldDescriptorProto.Type.valueOf(type)).setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL).build();
  }

  private static JsonNode shown(Object value) throws Exception {
    if (value instanceof CloudEvent event) return shown(event);
    if (value instanceof GenericRecord record) return JSON.readTree(record.toString());
    if (value instanceof Message message) {
      ObjectNode fields = JSON.createObjectNode();
      // Whatever class it was read as, which keeps the fields that it does not know.
      DynamicMessage order = DynamicMessage.parseFrom(typeOf("Order"), message.toByteArray());
      order.getAllFields().forEach((field, one) -> fields.put(field.getName(), String.valueOf(one)));
      return fields;
    }
    return JSON.valueToTree(value);
  }

  private static JsonNode shown(CloudEvent event) throws Exception {
    ObjectNode attributes = JSON.createObjectNode();
    event.getAttributeNames().forEach(name -> attributes.put(name, String.valueOf(event.getAttribute(name))));
    event.getExtensionNames().forEach(name -> attributes.put(name, String.valueOf(event.getExtension(name))));
    return attributes.set("data", JSON.readTree(event.getData().toBytes()));
  }
}
