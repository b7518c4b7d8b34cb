import { expect, it } from 'vitest';
import { offset, partition, topic } from '../../src/core/ids.js';
import type { NewRecord } from '../../src/core/record.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { RecordEncoder } from '../../src/core/record-encoder.js';
import { openLogger } from '../../src/observe/log.js';
import { Metrics } from '../../src/observe/metrics.js';
import { WarningThrottle } from '../../src/observe/warning-throttle.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { History } from '../../src/publish/history.js';
import { Publisher } from '../../src/publish/publisher.js';
import { framed } from '../support/framed-codec.js';

it('encodes what a mutation publishes with the codec of its topic', async () => {
  const written: NewRecord[] = [];
  const append: EventLog['append'] = async (records) => {
    written.push(...records);
    return records.map((one, i) => ({ topic: one.topic, partition: partition(0), offset: offset(i) }));
  };
  // A stub: the publisher only appends.
  const log = { append } as unknown as EventLog;
  const bounds = { deadline: 10_000, maxWaiting: 10, maxWaitingBytes: 10_000, maxBatchBytes: 10_000 };
  const history = new History({
    log,
    warnings: new WarningThrottle(openLogger('silent')),
    decoder: new RecordDecoder(),
    withinMs: 1_000,
  });
  const options = { source: '/test', history, ...bounds };
  const encoder = new RecordEncoder(new Map([[topic('framed'), { kind: 'CLOUDEVENTS', codec: framed }]]));
  await using publisher = new Publisher(log, { ...options, encoder }, new Metrics());
  const trace = { traceparent: undefined, tracestate: undefined, correlationId: 'c' };
  const draft = (name: string) => ({ topic: topic(name), type: 'Said', key: 'k', data: { n: 1 } });
  const request = (name: string) => ({
    draft: draft(name),
    trace,
    subject: undefined,
    idempotencyKey: undefined,
  });
  await publisher.publish([request('framed')]);
  await publisher.publish([request('plain')]);
  const [first, second] = written;
  expect(first?.headers['content-type']).toBe(framed.contentType);
  expect(String(first?.value && framed.decode('Said', first.value))).toBe('{"n":1}');
  expect(second?.headers['content-type']).toBe('application/json');
  expect(String(second?.value)).toBe('{"n":1}');
});
