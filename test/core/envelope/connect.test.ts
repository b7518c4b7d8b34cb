import { expect, it, vi } from 'vitest';
import { ConnectReader } from '../../../src/core/envelope/connect.js';

it('S4 a schema of Kafka Connect that often has the text of a payload takes a bounded number of parses', () => {
  const schema = { type: 'struct', doc: Array(200).fill({ payload: 1 }) };
  const value = Buffer.from(`{"schema":${JSON.stringify(schema)},"payload":{"n":1}}`);
  const parse = vi.spyOn(JSON, 'parse');
  const read = new ConnectReader().read(value);
  const { length } = parse.mock.calls;
  parse.mockRestore();
  expect(read).toMatchObject({ payload: { n: 1 } });
  expect(length).toBeLessThan(30);
});
