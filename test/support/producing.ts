import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { type ForeignLibrary, foreignProducer } from '../../scripts/services/foreign-producers.mjs';
import { kafkaBrokers } from './services.js';

/** A record of another producer. */
export interface ForeignRecord {
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string | null;
}

/** A record of another producer, byte for byte. */
export interface ExactRecord {
  readonly key: Buffer | null;
  readonly headers: readonly (readonly [string, Buffer | null])[];
  readonly value: Buffer | null;
  /** Milliseconds since 1970. Left out: now. */
  readonly timestamp?: number | undefined;
}

/** Where it is in the log. */
const Written = z.object({ key: z.string().nullable(), partition: z.number(), offset: z.number() });
type Written = z.infer<typeof Written>;

/** A running program that writes with a library that is not ours, with its defaults. */
export interface ForeignProducer extends AsyncDisposable {
  /** Resolves once the record is in the log. One at a time. */
  send(record: ForeignRecord): Promise<Written>;
  /** The same for exact bytes. Only confluent-kafka. */
  sendExact(record: ExactRecord): Promise<Written>;
}

export async function startForeignProducer(
  library: ForeignLibrary,
  topic: string,
  brokers: readonly string[] = kafkaBrokers(),
): Promise<ForeignProducer> {
  const [command, ...args] = await foreignProducer(library);
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(
    command,
    [...args, brokers.join(','), topic],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors = (errors + chunk).slice(-4_000);
  });
  child.stdin.on('error', () => undefined); // It ended; `lines` ends too, and says why.
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const written = async (line: unknown): Promise<Written> => {
    child.stdin.write(`${JSON.stringify(line)}\n`);
    const { done, value } = await lines.next();
    if (done) throw new Error(`${library} ended without an answer:\n${errors}`);
    return Written.parse(JSON.parse(value));
  };
  const base64 = (bytes: Buffer | null): string | null => bytes?.toString('base64') ?? null;
  return {
    send: written,
    sendExact: ({ key, headers, value, timestamp }) =>
      written({
        key64: base64(key),
        headers64: headers.map(([name, bytes]) => [name, base64(bytes)]),
        value64: base64(value),
        timestamp,
      }),
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** A CloudEvent in Kafka's binary content mode. */
export function cloudEvent(
  type: string,
  key: string | null,
  data: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): ForeignRecord {
  return {
    key,
    headers: {
      ce_specversion: '1.0',
      ce_id: `${key}-${Math.random()}`,
      ce_source: '/foreign',
      ce_type: type,
      'content-type': 'application/json',
      ...headers,
    },
    value: JSON.stringify(data),
  };
}
