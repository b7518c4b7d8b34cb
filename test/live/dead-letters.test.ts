import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { offset, partition, topic } from '../../src/core/ids.js';
import { appendDeadLetters } from '../../src/dead-letters/append.js';
import { deadLetterRecord } from '../../src/dead-letters/dead-letter.js';
import { deadLetterTopic } from '../../src/dead-letters/topic-name.js';
import { folderOf } from '../support/gateway-process.js';
import { run } from '../support/run.js';
import { kafkaBrokers, uniqueName } from '../support/services.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const COUNT = 3_000;

describe('dead letters in Kafka', () => {
  it('D10 dead letters are redriven once each when the command is killed half-way and run again', async () => {
    const signal = AbortSignal.timeout(280_000);
    const name = topic(uniqueName('letters'));
    await using log = await openKafkaLog({ brokers: kafkaBrokers(), clientId: 'millrace-test' }, signal);
    const spec = { partitions: 1, replicas: 1, config: {} };
    const topics = [name, deadLetterTopic(name)].map((one) => ({ topic: one, ...spec }));
    await log.ensureTopics(topics, { create: true }, signal);
    // Large enough to be several batches.
    const value = (n: number) => Buffer.from(`${n} ${'x'.repeat(2_000)}`);
    const letters = Array.from({ length: COUNT }, (_, n) =>
      deadLetterRecord(
        { topic: name, partition: partition(0), offset: offset(n) },
        { key: `k${n}`, headers: { own: 'header' }, timestamp: 1, value: value(n) },
        { kind: 'data', reason: 'no JSON' },
      ),
    );
    for (let i = 0; i < COUNT; i += 200) await appendDeadLetters(log, letters.slice(i, i + 200));

    await using folder = await folderOf({
      'schema/a.graphql': `
        type Query { ok: Boolean }
        type Subscription { said: Said! @subscribe(topic: "${name}") }
        type Said { text: String! }
      `,
    });
    const env = { KAFKA_BROKERS: kafkaBrokers().join(','), NAMESPACE: name };
    const command = (...args: string[]) =>
      run(process.execPath, [MAIN, 'dead-letters', ...args], { cwd: folder.path, env });
    const listed = await command('list', '--json', '--limit', '2');
    expect(listed.stderr).toContain('There are older ones than these 2');
    const last = listed.stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(last).toMatchObject([{ offset: '2998' }, { offset: '2999', kind: 'data', key: 'k2999' }]);

    const child = spawn(process.execPath, [MAIN, 'dead-letters', 'retry'], {
      cwd: folder.path,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    await Promise.race([once(child.stdout, 'data'), exited]);
    child.kill('SIGKILL');
    expect(await exited).toEqual([null, 'SIGKILL']);

    const again = await command('retry');
    expect(again.stderr).toBe('');
    expect(again.code).toBe(0);
    const redriven = Number(/^Redriven: (\d+)\.$/m.exec(again.stdout)?.[1]);
    expect(redriven).toBeGreaterThan(0);
    expect(redriven).toBeLessThan(COUNT);
    expect((await command('retry')).stdout).toBe('There is nothing to redrive.\n');

    const found: string[] = [];
    for await (const { records } of log.read(
      { topic: name, partition: partition(0), from: offset(0) },
      signal,
    )) {
      for (const record of records) {
        expect(record.headers).toEqual({ own: 'header' });
        found.push(String(record.key));
      }
    }
    expect(found).toEqual(Array.from({ length: COUNT }, (_, n) => `k${n}`));
  }, 300_000);
});
