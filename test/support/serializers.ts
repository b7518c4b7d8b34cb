import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { foreignProducer } from '../../scripts/services/foreign-producers.mjs';
import { kafkaBrokers } from './services.js';

interface Value {
  readonly format: 'AVRO' | 'PROTOBUF' | 'JSON_SCHEMA';
  readonly topic: string;
  /** As text. Left out for Protobuf, whose message is in `producers/serializers.py`. */
  readonly schema?: string | undefined;
}

/** Confluent's serialisers for Python, in a process of their own. One request at a time. */
export class Serializers implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #answers: AsyncIterator<string>;
  #errors = '';

  private constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#errors = (this.#errors + chunk).slice(-4_000);
    });
    child.stdin.on('error', () => undefined); // It ended; the answers end too, and say why.
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  static async start(registry: string): Promise<Serializers> {
    const [command, ...args] = await foreignProducer('confluent-serializers');
    const all = [...args, kafkaBrokers().join(','), registry];
    return new Serializers(spawn(command, all, { stdio: ['pipe', 'pipe', 'pipe'] }));
  }

  /** Registers the schema if need be, and writes one record. */
  async write(request: Value & { readonly key: string; readonly value: unknown }): Promise<void> {
    await this.#ask({ op: 'write', ...request });
  }

  /** The value of one record, as the deserialiser gives it, in JSON. */
  async read(request: Value & { readonly partition: number; readonly offset: number }): Promise<unknown> {
    const { value } = (await this.#ask({ op: 'read', ...request })) as { readonly value: unknown };
    return value;
  }

  async #ask(request: object): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const { done, value } = await this.#answers.next();
    if (done) throw new Error(`The serialisers ended without an answer:\n${this.#errors}`);
    return JSON.parse(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    this.#child.kill('SIGTERM');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await ended;
  }
}
