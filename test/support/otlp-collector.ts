import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { z } from 'zod';
import type { SeenSpan } from './spans.js';

/** What is read of `opentelemetry/proto/trace/v1`, by the numbers of its fields. */
const PROTO = `
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated Attribute attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5;
    repeated Attribute attributes = 9; repeated Link links = 13; Status status = 15;
  }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message Status { int32 code = 3; }
  message Attribute { string key = 1; Value value = 2; }
  message Value { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }`;

const Id = z.instanceof(Buffer).transform((bytes) => bytes.toString('hex'));
const Attributes = z
  .array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()).optional() }))
  .default([])
  .transform((all) => Object.fromEntries(all.map(({ key, value }) => [key, Object.values(value ?? {})[0]])));
const Request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: Attributes }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: Id,
              spanId: Id,
              parentSpanId: Id.optional(),
              name: z.string(),
              attributes: Attributes,
              links: z.array(z.object({ spanId: Id })).default([]),
              status: z.object({ code: z.number().default(0) }).optional(),
            }),
          ),
        }),
      ),
    }),
  ),
});

export interface Collector extends AsyncDisposable {
  readonly url: string;
  /** Of every request so far. */
  readonly spans: readonly SeenSpan[];
  readonly headers: readonly IncomingHttpHeaders[];
  /** The requests as they came, decompressed. */
  readonly bodies: readonly Buffer[];
}

/** Takes what OpenTelemetry's exporters send over OTLP/HTTP, as protobuf. */
export async function startCollector(): Promise<Collector> {
  const type = protobuf.parse(PROTO).root.lookupType('Request');
  const spans: SeenSpan[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const bodies: Buffer[] = [];
  const take = (body: Buffer): void => {
    const decoded = type.toObject(type.decode(body), { longs: Number, bytes: Buffer });
    for (const { resource, scopeSpans } of Request.parse(decoded).resourceSpans) {
      const service = String(resource.attributes['service.name']);
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
        const { traceId, spanId, parentSpanId, name, attributes, links, status } = span;
        spans.push({
          ...{ name, service, traceId, spanId, attributes },
          parentId: parentSpanId === '' ? undefined : parentSpanId,
          links: links.map((link) => link.spanId),
          failed: status?.code === 2,
        });
      }
    }
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const sent = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    headers.push({ ...request.headers, ':path': request.url ?? '' });
    bodies.push(body);
    take(body);
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    headers,
    bodies,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
