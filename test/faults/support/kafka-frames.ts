import type { Splitter } from './proxy.js';

/** Splits requests or responses of Kafka's protocol: four bytes of length, then as many bytes. */
export function kafkaFrames(): Splitter {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const frames: Buffer[] = [];
      let at = 0;
      while (at + 4 <= bytes.length && at + 4 + bytes.readUInt32BE(at) <= bytes.length) {
        const end = at + 4 + bytes.readUInt32BE(at);
        frames.push(bytes.subarray(at, end));
        at = end;
      }
      rest = bytes.subarray(at);
      return frames;
    },
  };
}

/** https://kafka.apache.org/protocol#protocol_api_keys */
export const API = { produce: 0, fetch: 1, heartbeat: 12 } as const;

/** The API key and correlation id of a request. */
export function requestHeader(request: Buffer): { readonly api: number; readonly correlation: number } {
  return { api: request.readInt16BE(4), correlation: request.readInt32BE(8) };
}

/** The correlation id of a response. */
export function correlationOf(response: Buffer): number {
  return response.readInt32BE(4);
}
