import { z } from 'zod';
import { type ForeignLibrary, foreignProducer } from '../../scripts/services/foreign-producers.mjs';
import { LineProgram } from './line-program.js';
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
  const command = await foreignProducer(library);
  const program = new LineProgram(library, [...command, brokers.join(','), topic]);
  const written = async (record: unknown): Promise<Written> => Written.parse(await program.ask(record));
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
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
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
