#!/usr/bin/env bash
# cloudevents 10.0.0 writes text as data of content type application/json without its quotes in binary mode: the body is no JSON. It
# takes a string for JSON text that is serialised already; in structured mode it takes the same string for a value, and quotes it. So
# a string that happens to be JSON changes its type on the way.
# What it means for Millrace: it reads only objects as data; a bare text becomes a dead letter.
#
# Seen with cloudevents 10.0.0 on Node 20.20:
#   "hello": binary body hello; structured data "hello"
#   "{\"a\":1}": back from binary {"a":1}, from structured "{\"a\":1}"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund cloudevents@10.0.0
cat > run.mjs <<'JS'
import { CloudEvent, HTTP } from 'cloudevents';

const event = (data) => new CloudEvent({ source: '/s', type: 't', datacontenttype: 'application/json', data });
const back = (message) => JSON.stringify(HTTP.toEvent(message).data);
const text = event('hello');
const structured = JSON.stringify(JSON.parse(HTTP.structured(text).body).data);
console.log(`"hello": binary body ${HTTP.binary(text).body}; structured data ${structured}`);
const json = event('{"a":1}');
console.log(
  `${JSON.stringify(json.data)}: back from binary ${back(HTTP.binary(json))}, from structured ${back(HTTP.structured(json))}`,
);
JS
seen=$(node run.mjs)
echo "$seen"
[ "$seen" = '"hello": binary body hello; structured data "hello"
"{\"a\":1}": back from binary {"a":1}, from structured "{\"a\":1}"' ]
