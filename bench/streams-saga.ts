import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** One round of the saga. */
export interface SagaRound {
  readonly perSecond: number;
  /** From placing an order to its confirmation, in milliseconds. */
  readonly latencies: readonly number[];
}

interface Load {
  readonly orders: number;
  readonly rounds: number;
  readonly inFlight: number;
}

/** Source text: the benchmark is compiled to a folder beside this one. */
const SOURCE = new URL('../bench/baselines/StreamsSaga.java', import.meta.url).pathname;
const TIMEOUT_MS = 240_000;

/** The same steps as a Kafka Streams topology with exactly-once, on the same broker. The topics begin with `prefix`. */
export async function streamsSaga(
  brokers: string,
  prefix: string,
  { orders, rounds, inFlight }: Load,
): Promise<readonly SagaRound[]> {
  // A plain script without types. It returns the folder of the jars.
  const { kafkaStreamsJars } = (await import(
    String(new URL('../scripts/services/kafka-streams.mjs', import.meta.url))
  )) as { kafkaStreamsJars(): Promise<string> };
  const libs = await kafkaStreamsJars();
  const state = mkdtempSync(join(tmpdir(), 'millrace-streams-'));
  try {
    const numbers = [orders, rounds, inFlight].map(String);
    const args = ['-cp', join(libs, '*'), SOURCE, brokers, prefix, ...numbers, state];
    const { stdout } = await promisify(execFile)('java', args, {
      timeout: TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    // One line for each round, as the Java source prints it.
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as SagaRound);
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}
