#!/usr/bin/env bash
# Kafka Connect's JsonConverter 4.3.1 writes null in a field that is optional and has a default as the default. A column that may be
# null and has `DEFAULT 5` therefore shows 5 in Debezium's change events after it was set to NULL, with and without schemas;
# `replace.null.with.default=false` of the converter changes that. Reading is as lenient: a value that does not match its schema is
# no error, but another value.
# What it means for Millrace: it shows what the record says; docs/topics.md names the setting.
#
# Seen with connect-json 4.3.1 on Java 17:
#   null of int32, optional, default 5, written: {"a":5}; with replace.null.with.default=false: {"a":null}
#   int32 3000000000 read: -1294967296; int64 "12" read: 0; string 12 read: null; no schema, 9223372036854775808 read: -9223372036854775808
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>connect-json</artifactId><version>4.3.1</version></dependency>
  </dependencies>
</project>
XML
mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=libs > /dev/null
cat > Run.java <<'JAVA'
import java.util.Map;
import org.apache.kafka.connect.data.*;
import org.apache.kafka.connect.json.JsonConverter;

public class Run {
  static JsonConverter converter(boolean schemas, boolean replaces) {
    JsonConverter converter = new JsonConverter();
    converter.configure(Map.of("schemas.enable", schemas, "replace.null.with.default", replaces), false);
    return converter;
  }

  static String written(boolean replaces) {
    Schema schema = SchemaBuilder.struct().field("a", SchemaBuilder.int32().optional().defaultValue(5).build()).build();
    return new String(converter(false, replaces).fromConnectData("t", schema, new Struct(schema).put("a", null)));
  }

  static Object read(String type, String value) {
    String schema = type == null ? "null" : "{\"type\":\"" + type + "\"}";
    String json = "{\"schema\":" + schema + ",\"payload\":" + value + "}";
    return converter(true, true).toConnectData("t", json.getBytes()).value();
  }

  public static void main(String[] args) {
    System.out.printf("null of int32, optional, default 5, written: %s; with replace.null.with.default=false: %s%n",
        written(true), written(false));
    System.out.printf("int32 3000000000 read: %s; int64 \"12\" read: %s; string 12 read: %s; no schema, 9223372036854775808 read: %s%n",
        read("int32", "3000000000"), read("int64", "\"12\""), read("string", "12"), read(null, "9223372036854775808"));
  }
}
JAVA
seen=$(java -cp 'libs/*' Run.java 2> /dev/null)
echo "$seen"
[ "$seen" = 'null of int32, optional, default 5, written: {"a":5}; with replace.null.with.default=false: {"a":null}
int32 3000000000 read: -1294967296; int64 "12" read: 0; string 12 read: null; no schema, 9223372036854775808 read: -9223372036854775808' ]
