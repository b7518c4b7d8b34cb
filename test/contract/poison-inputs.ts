import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeEvent } from '../../src/core/envelope/encode.js';
import { MillraceError } from '../../src/core/errors.js';
import { eventId, partition, type Topic } from '../../src/core/ids.js';
import { positionName } from '../../src/core/position.js';
import type { LogRecord } from '../../src/core/record.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { RecordEncoder } from '../../src/core/record-encoder.js';
import { type DeadLetter, readDeadLetter } from '../../src/dead-letters/dead-letter.js';
import { deadLetterTopic } from '../../src/dead-letters/topic-name.js';
import type { EventLog } from '../../src/ports/event-log.js';
import type { Service } from '../../src/services/service.js';
import { ServiceRebuild } from '../../src/services/service-rebuild.js';
import { runService, type ServiceRunnerOptions } from '../../src/services/service-runner.js';
import {
  type EventLogHarness,
  newTopic,
  POLL,
  readRecords,
  soon,
  TEST_TIMEOUT,
  uniqueGroup,
  uniqueTopic,
} from './event-log-tools.js';

interface Counts {
  readonly seen: readonly string[];
}

interface Topics {
  readonly input: Topic;
  readonly output: Topic;
}

const P0 = partition(0);
const MAX_ATTEMPTS = 3;
const INPUTS = ['a', 'b', 'bad', 'c', 'd', 'bad again', 'e'];
const GOOD = ['a', 'b', 'c', 'd', 'e'];
const isBad = (text: unknown): boolean => String(text).startsWith('bad');

/** D10 for services: an input that they can never be done with holds up nobody. Run on every log. */
export function poisonInputsContract(name: string, harness: () => Promise<EventLogHarness>): void {
  describe(`inputs that a service can never be done with, in ${name}`, { timeout: TEST_TIMEOUT }, () => {
    let made: EventLogHarness | undefined;
    beforeAll(async () => {
      made = await harness();
    }, TEST_TIMEOUT);
    afterAll(async () => {
      await made?.close();
    }, TEST_TIMEOUT);
    const log = (): EventLog => {
      if (made === undefined) throw new Error('The harness is not there yet');
      return made.log;
    };

    const poisons: [string, string, (topics: Topics) => unknown][] = [
      [
        'its handler throws',
        'No such article',
        () => {
          throw new Error('No such article');
        },
      ],
      [
        'its output is too large',
        'too large|has \\d+ bytes',
        ({ output }) => ({ topic: output, type: 'Counted', key: 'k', data: { text: 'x'.repeat(3 << 20) } }),
      ],
      [
        'the topic of its output does not exist',
        'missing',
        () => ({ topic: uniqueTopic('missing'), type: 'Counted', key: 'k', data: {} }),
      ],
      [
        'its output names no topic',
        'not a topic name',
        () => ({ topic: 'a b', type: 'Counted', key: 'k', data: {} }),
      ],
      [
        'its output has no key',
        'key is not text',
        ({ output }) => ({ topic: output, type: 'Counted', data: {} }),
      ],
      [
        'its output has no data',
        'data is not an object',
        ({ output }) => ({ topic: output, type: 'Counted', key: 'k' }),
      ],
      ['its state is too large', 'too large|has \\d+ bytes', () => 'state'],
    ];

    it.each(poisons)(
      'D10 D1 each becomes one dead letter, and the others act once: %s',
      async (_case, reason, poison) => {
        const topics = await newTopics(log());
        const setAside: string[] = [];
        const options = optionsFor(log(), counter(topics, poison));
        const onSetAside = (at: { readonly offset: number }): void => void setAside.push(String(at.offset));
        await put(log(), topics.input, INPUTS);
        await using _ = await runService({ ...options, onSetAside }, soon());
        await expect.poll(async () => (await outputs(log(), topics)).length, POLL).toBe(GOOD.length);
        // D1: the state of the key is what it was before each bad input.
        expect(await outputs(log(), topics)).toEqual(GOOD.map((_text, i) => GOOD.slice(0, i + 1)));
        const letters = await lettersOf(log(), topics);
        expect(letters.map(({ origin, kind, service }) => [origin.offset, kind, service])).toEqual([
          [2, 'service', 'counter'],
          [5, 'service', 'counter'],
        ]);
        for (const letter of letters) expect(letter.reason).toMatch(new RegExp(reason));
        expect(letters.map(({ group }) => group)).toEqual([options.group, options.group]);
        expect(letters.map(({ record }) => text(record))).toEqual(['bad', 'bad again']);
        expect(setAside).toEqual(['2', '5']);
      },
    );

    it('D10 an input whose data is nested too deeply to be read becomes a dead letter', async () => {
      const topics = await newTopics(log());
      const nested = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
      // An integer beyond 2^53 is read exactly, by a parser that calls itself.
      const value = Buffer.from(`{"text":"a","n":12345678901234567890,"deep":${nested}}`);
      const headers = { ce_specversion: '1.0', ce_id: '1', ce_source: '/x', ce_type: 'Said' };
      await log().append([{ topic: topics.input, key: 'k', headers, value }], soon());
      await put(log(), topics.input, ['b']);
      await using _ = await runService(
        optionsFor(
          log(),
          counter(topics, () => undefined),
        ),
        soon(),
      );
      await expect.poll(() => outputs(log(), topics), POLL).toEqual([['b']]);
      expect((await lettersOf(log(), topics)).map(({ kind }) => kind)).toEqual(['service']);
    });

    it('D10 waits as long as it takes when the failure passes, or no number of attempts is set', async () => {
      const topics = await newTopics(log());
      let failures = 0;
      const passes = Object.assign(new Error('The bank is away'), { retry: true });
      const poison = (): unknown => {
        failures += 1;
        if (failures === 1) throw new MillraceError('LOG_UNAVAILABLE', 'away');
        if (failures <= 2 * MAX_ATTEMPTS) throw passes;
        return { topic: topics.output, type: 'Counted', key: 'k', data: { seen: ['came through'] } };
      };
      await put(log(), topics.input, ['bad']);
      await using _ = await runService(optionsFor(log(), counter(topics, poison)), soon());
      await expect.poll(() => outputs(log(), topics), POLL).toEqual([['bad'], ['came through']]);
      const patient = await newTopics(log());
      let thrown = 0;
      const throws = (): unknown => {
        thrown += 1;
        if (thrown <= 2 * MAX_ATTEMPTS) throw new Error('No such article');
        return { topic: patient.output, type: 'Counted', key: 'k', data: { seen: ['came through'] } };
      };
      await put(log(), patient.input, ['bad']);
      const options = { ...optionsFor(log(), counter(patient, throws)), maxAttempts: 0 };
      await using _patient = await runService(options, soon());
      await expect.poll(() => outputs(log(), patient), POLL).toEqual([['bad'], ['came through']]);
      expect([...(await lettersOf(log(), topics)), ...(await lettersOf(log(), patient))]).toEqual([]);
    });

    it('D10 a state that is rebuilt leaves out what was set aside', async () => {
      const topics = await newTopics(log());
      // A handler that throws would end a rebuild, and the output that was refused is not looked at in one.
      const tooLarge = (): unknown => ({
        topic: topics.output,
        type: 'Counted',
        key: 'k',
        data: { text: 'x'.repeat(3 << 20) },
      });
      const service = counter(topics, tooLarge);
      const options = optionsFor(log(), service);
      await put(log(), topics.input, INPUTS);
      await using _ = await runService(options, soon());
      await expect.poll(async () => (await outputs(log(), topics)).length, POLL).toBe(GOOD.length);
      const rebuild = new ServiceRebuild({ ...options, replicas: 1 });
      await rebuild.run({ from: { kind: 'start' }, signal: soon(), onProgress: () => undefined });
      await put(log(), topics.input, ['f']);
      await expect.poll(async () => (await outputs(log(), topics)).length, POLL).toBe(GOOD.length + 1);
      expect((await outputs(log(), topics)).at(-1)).toEqual([...GOOD, 'f']);
    });
  });
}

/** Collects the texts of its inputs; what it makes of a bad one is `poison`'s choice. */
function counter(topics: Topics, poison: (topics: Topics) => unknown): Service<Counts> {
  return {
    name: 'counter',
    topics: [topics.input],
    initial: { seen: [] },
    handle({ data }, { state }) {
      const seen = [...state.seen, String(data?.['text'])];
      const event = { topic: topics.output, type: 'Counted', key: 'k', data: { seen } };
      if (!isBad(data?.['text'])) return { state: { seen }, events: [event] };
      const made = poison(topics);
      if (made === 'state') return { state: { seen: ['x'.repeat(3 << 20)] }, events: [] };
      // The bad outputs of a project in JavaScript, which the compiler would refuse.
      return { state: { seen }, events: [event, made as typeof event] };
    },
  };
}

async function newTopics(log: EventLog): Promise<Topics> {
  const input = await newTopic(log, 'poison', 1);
  const spec = { topic: deadLetterTopic(input), partitions: 1, replicas: 1, config: {} };
  await log.ensureTopics([spec], { create: true }, soon());
  return { input, output: await newTopic(log, 'counted', 1) };
}

const optionsFor = (log: EventLog, service: Service<Counts>): ServiceRunnerOptions => ({
  log,
  group: uniqueGroup(),
  service: service as ServiceRunnerOptions['service'],
  decoder: new RecordDecoder(),
  encoder: new RecordEncoder(),
  maxAttempts: MAX_ATTEMPTS,
});

async function put(log: EventLog, topic: Topic, texts: readonly string[]): Promise<void> {
  const events = texts.map((one) =>
    encodeEvent(topic, {
      id: eventId(`e-${one}`),
      source: '/test',
      type: 'Said',
      subject: 'k',
      time: '2026-01-31T09:30:00Z',
      data: Buffer.from(JSON.stringify({ text: one })),
    }),
  );
  await log.append(events, soon());
}

const text = ({ value }: Pick<LogRecord, 'value'>): unknown => JSON.parse(String(value)).text;

async function outputs(log: EventLog, { output }: Topics): Promise<unknown[]> {
  const records = await readRecords(log, { topic: output, partition: P0 });
  return records.map(({ value }) => JSON.parse(String(value)).seen);
}

async function lettersOf(log: EventLog, { input }: Topics): Promise<readonly DeadLetter[]> {
  const at = { topic: deadLetterTopic(input), partition: P0 };
  return (await readRecords(log, at)).map((record) => {
    const letter = readDeadLetter(at, record);
    if (letter === undefined)
      throw new Error(`${positionName({ ...at, offset: record.offset })} is not a dead letter`);
    return letter;
  });
}
