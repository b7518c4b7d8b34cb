import { describe, expect, it } from 'vitest';
import { bytesOfText, textOfBytes } from '../../../src/core/byte-text.js';
import { recordKey, subjectOf } from '../../../src/core/envelope/record-key.js';
import { canonicalSubject, KeyFormatError } from '../../../src/core/key-format.js';

const CONNECT = { key: 'CONNECT' } as const;
const subjectOfText = (text: string): string => subjectOf(CONNECT, textOfBytes(Buffer.from(text)));

describe("keys of Kafka Connect's JsonConverter with its schemas", () => {
  it.each([
    ['{"schema":{"type":"string","optional":false},"payload":"a-1"}', 'a-1'],
    ['{"schema":{"type":"int64","optional":false},"payload":9007199254740993}', '9007199254740993'],
    ['{"schema":null,"payload":{"b":1,"a":9007199254740993}}', '{"a":9007199254740993,"b":1}'],
    ['{"payload":{"b":1,"a":2},"schema":null}', '{"a":2,"b":1}'],
    ['{"schema":{"type":"boolean"},"payload":true}', 'true'],
    ['{"schema":{"type":"int32","name":"org.apache.kafka.connect.data.Date"},"payload":1}', '1970-01-02'],
    ['{"schema":{"type":"int32","optional":true},"payload":null}', 'null'],
  ])('%s reads as %s', (key, subject) => {
    expect(subjectOfText(key)).toBe(subject);
  });

  it.each([['a-1'], ['Zürich'], ['42'], ['{"a":9007199254740993,"b":[1]}'], ['{no JSON'], ['']])(
    'are written so that they read as they were: %s',
    (subject) => {
      expect(subjectOf(CONNECT, recordKey(CONNECT, subject))).toBe(subject);
    },
  );

  it('have a schema where they are text, as sinks want it', () => {
    const written = bytesOfText(recordKey(CONNECT, 'a-1')).toString();
    expect(written).toBe('{"schema":{"type":"string","optional":false},"payload":"a-1"}');
  });

  it.each(['{ "b": 1, "a": 2 }', '{"a":2,"b":1}'])('are found by any notation of an object: %s', (key) => {
    expect(canonicalSubject('CONNECT', key)).toBe('{"a":2,"b":1}');
  });

  it.each(['{"id": 5}', '[ 1 ]', '{"id":5}', 'a-1', '5'])('D2 are found by their own text: %s', (key) => {
    const written = JSON.stringify({ schema: { type: 'string' }, payload: key });
    expect(subjectOfText(written)).toBe(canonicalSubject('CONNECT', key));
  });

  it.each([
    ['a-1', /^the key is not CONNECT: the value is not JSON/],
    ['{"id":1}', /it is not {"schema", "payload"}/],
    ['{"schema":null,"payload":"\\ud800"}', /half of a surrogate pair/],
  ])('D10 that are something else are an error that says so: %s', (key, message) => {
    expect(() => subjectOfText(key)).toThrow(KeyFormatError);
    expect(() => subjectOfText(key)).toThrow(message);
  });
});
