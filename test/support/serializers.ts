import { foreignProducer } from '../../scripts/services/foreign-producers.mjs';
import { LineProgram } from './line-program.js';
import { kafkaBrokers } from './services.js';

interface Value {
  readonly format: 'AVRO' | 'PROTOBUF' | 'JSON_SCHEMA';
  readonly topic: string;
  /** As text. Left out for Protobuf, whose message is in `producers/serializers.py`. */
  readonly schema?: string | undefined;
}

/** Confluent's serialisers for Python, in a process of their own. One request at a time. */
export class Serializers implements AsyncDisposable {
  readonly #program: LineProgram;

  private constructor(program: LineProgram) {
    this.#program = program;
  }

  static async start(registry: string): Promise<Serializers> {
    const command = await foreignProducer('confluent-serializers');
    const all = [...command, kafkaBrokers().join(','), registry] as const;
    return new Serializers(new LineProgram('The serialisers', all));
  }

  /** Registers the schema if need be, and writes one record. */
  async write(request: Value & { readonly key: string; readonly value: unknown }): Promise<void> {
    await this.#program.ask({ op: 'write', ...request });
  }

  /** The value of one record, as the deserialiser gives it, in JSON. */
  async read(request: Value & { readonly partition: number; readonly offset: number }): Promise<unknown> {
    const { value } = (await this.#program.ask({ op: 'read', ...request })) as { readonly value: unknown };
    return value;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }
}
