import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '../call.js';
import type { CollectorApi } from './api.js';

// Takes spans over OTLP/HTTP and drops them.

let bytes = 0;
const server = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  request.on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
});

serve<CollectorApi>('collector', {
  listen: () =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () =>
        resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
      );
    }),
  received: () => bytes,
});
