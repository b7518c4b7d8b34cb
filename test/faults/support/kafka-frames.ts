import type { Splitter } from './proxy.js';

/** Requests or answers of Kafka's protocol: four bytes of length, then so many. */
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

/** What a request asks for, and the number by which its answer is known. */
export function asked(request: Buffer): { readonly api: number; readonly correlation: number } {
  return { api: request.readInt16BE(4), correlation: request.readInt32BE(8) };
}

/** Which request of its connection an answer belongs to. */
export function answered(response: Buffer): number {
  return response.readInt32BE(4);
}
