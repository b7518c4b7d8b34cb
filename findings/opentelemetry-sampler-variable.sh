#!/usr/bin/env bash
# OpenTelemetry for JavaScript 2.12 has two packages with a tracer provider. `TracerProvider` of @opentelemetry/sdk-trace does not
# read OTEL_TRACES_SAMPLER and records every trace; `BasicTracerProvider` of @opentelemetry/sdk-trace-base, which is built on it,
# reads it. Nothing warns: a service that was to record 1 % exports all.
# What Millrace does: it uses BasicTracerProvider, src/adapters/opentelemetry/exporter.ts.
#
# Seen with @opentelemetry/sdk-trace 2.12.1 and @opentelemetry/sdk-trace-base 2.12.1 on Node 20.20:
#   OTEL_TRACES_SAMPLER=always_off: sdk-trace records true, sdk-trace-base records false
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace@2.12.1 @opentelemetry/sdk-trace-base@2.12.1
cat > run.mjs <<'JS'
import trace from '@opentelemetry/sdk-trace';
import base from '@opentelemetry/sdk-trace-base';

const records = (provider) => provider.getTracer('t').startSpan('s').isRecording();
const [one, other] = [new trace.TracerProvider(), new base.BasicTracerProvider()].map(records);
console.log(`sdk-trace records ${one}, sdk-trace-base records ${other}`);
JS
seen=$(OTEL_TRACES_SAMPLER=always_off node run.mjs)
echo "$seen"
[ "$seen" = 'sdk-trace records true, sdk-trace-base records false' ]
