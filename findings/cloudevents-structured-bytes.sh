#!/usr/bin/env bash
# The SDKs of CloudEvents write the same data, the bytes of {"a":1}, differently in structured mode, and not by its media type alone: Java's
# puts them into `data` for application/json, but as `data_base64` for any other +json; Python's and Node's write `data_base64` even
# for application/json. Java's puts them there unread: without data's bytes the event is no JSON.
# What it means for Millrace: it reads `data` and `data_base64` alike, whatever JSON media type is beside it.
#
# Seen with cloudevents-json-jackson 4.0.1 (Java 17), cloudevents 2.2.0 (Python 3.11) and cloudevents 10.0.0 (Node 20.20):
#   Java: application/json data, application/vnd.a+json data_base64, empty application/json "data":}
#   Python: application/json data_base64, application/vnd.a+json data_base64
#   Node: application/json data_base64, application/vnd.a+json data_base64
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.cloudevents</groupId><artifactId>cloudevents-json-jackson</artifactId><version>4.0.1</version></dependency>
  </dependencies>
</project>
XML
mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=libs > /dev/null
npm init -y > /dev/null
npm install --silent --no-audit --no-fund cloudevents@10.0.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check cloudevents==2.2.0
cat > Run.java <<'JAVA'
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.provider.EventFormatProvider;
import java.net.URI;

public class Run {
  static String structured(String type, String data) {
    var event = CloudEventBuilder.v1().withId("1").withSource(URI.create("/s")).withType("t").withData(type, data.getBytes()).build();
    return new String(EventFormatProvider.getInstance().resolveFormat("application/cloudevents+json").serialize(event));
  }

  static String member(String type) {
    return type + (structured(type, "{\"a\":1}").contains("\"data\":{\"a\":1}") ? " data" : " data_base64");
  }

  public static void main(String[] args) {
    String empty = structured("application/json", "");
    System.out.printf("Java: %s, %s, empty application/json %s%n", member("application/json"),
        member("application/vnd.a+json"), empty.substring(empty.indexOf("\"data\"")));
  }
}
JAVA
cat > run.py <<'PY'
import json

from cloudevents.core.bindings import kafka
from cloudevents.core.v1.event import CloudEvent


def member(media_type):
    attributes = {"id": "1", "source": "/s", "type": "t", "datacontenttype": media_type}
    written = json.loads(kafka.to_structured_event(CloudEvent(attributes, b'{"a":1}')).value)
    return media_type + (" data_base64" if "data_base64" in written else " data")


print(f"Python: {member('application/json')}, {member('application/vnd.a+json')}")
PY
cat > run.mjs <<'JS'
import { CloudEvent, HTTP } from 'cloudevents';

const member = (datacontenttype) => {
  const data = Buffer.from('{"a":1}');
  const written = JSON.parse(HTTP.structured(new CloudEvent({ source: '/s', type: 't', datacontenttype, data })).body);
  return datacontenttype + ('data_base64' in written ? ' data_base64' : ' data');
};
console.log(`Node: ${member('application/json')}, ${member('application/vnd.a+json')}`);
JS
seen=$(java -cp 'libs/*' Run.java && venv/bin/python run.py && node run.mjs)
echo "$seen"
[ "$seen" = 'Java: application/json data, application/vnd.a+json data_base64, empty application/json "data":}
Python: application/json data_base64, application/vnd.a+json data_base64
Node: application/json data_base64, application/vnd.a+json data_base64' ]
