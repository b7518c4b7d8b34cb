#!/usr/bin/env bash
# Debezium's outbox EventRouter 3.6.1 with `table.expand.json.payload=true` does not pass a payload on as it is, because it makes a schema
# of Kafka Connect from it: members that are null and empty lists are left out, a member that only one object of a list has is null in
# the others, and a list of different types makes the whole payload a text again, among objects in the same topic.
# What it means for Millrace: DEBEZIUM_OUTBOX reads objects and texts in one topic; docs/topics.md says what is lost, and that a
# payload as text is exact.
#
# Seen with debezium-connector-postgres 3.6.1.Final, connect-json and connect-transforms 4.3.1 on Java 17, schemas.enable=false:
#   {"note":null,"tags":[],"id":1} becomes {"id":1}
#   {"items":[{"sku":"a"},{"gift":true}]} becomes {"items":[{"gift":null,"sku":"a"},{"gift":true,"sku":null}]}
#   {"mixed":[1,"a"]} becomes "{\"mixed\":[1,\"a\"]}"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.debezium</groupId><artifactId>debezium-connector-postgres</artifactId><version>3.6.1.Final</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>connect-json</artifactId><version>4.3.1</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>connect-transforms</artifactId><version>4.3.1</version></dependency>
  </dependencies>
</project>
XML
mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=libs > /dev/null
cat > Run.java <<'JAVA'
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.debezium.data.Envelope;
import io.debezium.transforms.outbox.EventRouter;
import java.time.Instant;
import java.util.Map;
import org.apache.kafka.connect.data.*;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;

public class Run {
  public static void main(String[] args) throws Exception {
    Schema row = SchemaBuilder.struct().name("s.public.outbox.Value")
        .field("id", Schema.STRING_SCHEMA).field("aggregatetype", Schema.STRING_SCHEMA)
        .field("aggregateid", Schema.STRING_SCHEMA).field("type", Schema.STRING_SCHEMA)
        .field("payload", Schema.OPTIONAL_STRING_SCHEMA).build();
    Schema from = SchemaBuilder.struct().field("connector", Schema.STRING_SCHEMA).field("db", Schema.STRING_SCHEMA).build();
    Struct source = new Struct(from).put("connector", "postgresql").put("db", "d");
    Envelope envelope = Envelope.defineSchema().withName("s.public.outbox.Envelope").withRecord(row).withSource(from).build();
    EventRouter<SourceRecord> router = new EventRouter<>();
    router.configure(Map.of("table.expand.json.payload", "true"));
    JsonConverter converter = new JsonConverter();
    converter.configure(Map.of("schemas.enable", "false"), false);
    ObjectMapper sorted = new ObjectMapper().configure(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true);
    for (String payload : new String[] {
        "{\"note\":null,\"tags\":[],\"id\":1}", "{\"items\":[{\"sku\":\"a\"},{\"gift\":true}]}", "{\"mixed\":[1,\"a\"]}"}) {
      Struct after = new Struct(row).put("id", "1").put("aggregatetype", "order").put("aggregateid", "o1")
          .put("type", "T").put("payload", payload);
      SourceRecord routed = router.apply(new SourceRecord(Map.of(), Map.of(), "s.public.outbox", envelope.schema(),
          envelope.create(after, source, Instant.EPOCH)));
      byte[] value = converter.fromConnectData("t", routed.valueSchema(), routed.value());
      // In the order of their names: Debezium's own order changes from run to run.
      System.out.println(payload + " becomes " + sorted.writeValueAsString(sorted.readValue(value, Object.class)));
    }
  }
}
JAVA
seen=$(java -cp 'libs/*' Run.java 2> /dev/null)
echo "$seen"
[ "$seen" = '{"note":null,"tags":[],"id":1} becomes {"id":1}
{"items":[{"sku":"a"},{"gift":true}]} becomes {"items":[{"gift":null,"sku":"a"},{"gift":true,"sku":null}]}
{"mixed":[1,"a"]} becomes "{\"mixed\":[1,\"a\"]}"' ]
