#!/usr/bin/env bash
# The Python package cloudevents 2.2.0 writes data that is a list or a boolean in binary mode as Python shows it, with single quotes
# and capitals, although the event says `application/json`: the value is no JSON. A dict becomes JSON, and in structured mode all of
# them do. Reading it again gives text, without an error.
# What it means for Millrace: it reads only objects as data; such a record becomes a dead letter of the kind `data`.
#
# Seen with cloudevents 2.2.0 on Python 3.11, of data with application/json:
#   {"a":null}: binary {"a": null}, structured {"a": null}, back from binary dict
#   ["a"]: binary ['a'], structured ["a"], back from binary str
#   true: binary True, structured true, back from binary str
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check cloudevents==2.2.0
cat > run.py <<'PY'
import json

from cloudevents.core.bindings import kafka
from cloudevents.core.v1.event import CloudEvent

for data in [{"a": None}, ["a"], True]:
    event = CloudEvent({"id": "1", "source": "/s", "type": "t", "datacontenttype": "application/json"}, data)
    message = kafka.to_binary_event(event)
    structured = json.dumps(json.loads(kafka.to_structured_event(event).value)["data"])
    back = type(kafka.from_binary_event(message).get_data()).__name__
    given = json.dumps(data, separators=(",", ":"))
    print(f"{given}: binary {message.value.decode()}, structured {structured}, back from binary {back}")
PY
seen=$(venv/bin/python run.py)
echo "$seen"
[ "$seen" = '{"a":null}: binary {"a": null}, structured {"a": null}, back from binary dict
["a"]: binary ['"'a'"'], structured ["a"], back from binary str
true: binary True, structured true, back from binary str' ]
