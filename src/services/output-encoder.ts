import { v5 as uuidv5 } from 'uuid';
import type { Event } from '../core/event.js';
import { stringifyJson } from '../core/exact-json.js';
import { eventId, isTopicName, topic } from '../core/ids.js';
import type { NewRecord } from '../core/record.js';
import type { RecordEncoder } from '../core/record-encoder.js';
import { serviceSource } from '../core/sources.js';
import { childTraceparent } from '../core/trace.js';
import type { EventTracer } from '../observe/tracing/tracer.js';
import type { Emission } from './batch-processor.js';
import { InputFailure } from './input-failure.js';
import type { OutgoingEvent } from './service.js';

/** The UUID namespace of the ids made here (RFC 9562, section 5.5). Arbitrary, but it must never change. */
const ID_NAMESPACE = '0f4d5a9e-7f2b-4c53-9d8e-6a3f8f1c2b70';

interface OutputEncoderOptions {
  readonly group: string;
  /** The name of the service. */
  readonly service: string;
  readonly encoder: RecordEncoder;
  readonly tracer?: EventTracer | undefined;
}

/** Turns what a service returned into records for its output topics. */
export class OutputEncoder {
  readonly #options: OutputEncoderOptions;
  /** Ids are unique within the group: two services may answer the same event. */
  readonly #idNamespace: string;

  constructor(options: OutputEncoderOptions) {
    this.#options = options;
    this.#idNamespace = uuidv5(options.group, ID_NAMESPACE);
  }

  /**
   * @throws {InputFailure} when an output is not an event, or its data does not match the schema of its type
   * @throws anything else when a topic's codec cannot encode at the moment
   */
  async encode(emitted: readonly Emission[], signal: AbortSignal): Promise<readonly NewRecord[]> {
    const { encoder } = this.#options;
    if (encoder.waits) {
      const outputs = emitted.flatMap(({ events }) => events);
      await encoder.prepare(
        outputs.map(({ topic: to, type }) => ({ topic: topic(to), type })),
        signal,
      );
    }
    return emitted.flatMap((emission) => {
      try {
        return emission.events.map((output, index) => this.#encode(emission, output, index));
      } catch (error) {
        throw new InputFailure(emission.offset, error);
      }
    });
  }

  #encode({ cause, traceparent }: Emission, output: OutgoingEvent, index: number): NewRecord {
    const { service, tracer } = this.#options;
    checkOutput(output, service);
    const to = topic(output.topic);
    // D1: the same input makes the same ids again. The source is part of them, because a CloudEvents id is
    // unique only within its source.
    const id = eventId(uuidv5(JSON.stringify([cause.source, cause.id, index]), this.#idNamespace));
    const source = serviceSource(service);
    const { correlationId } = cause;
    const parent = traceparent ?? cause.traceparent;
    const created = tracer?.create(to, { id, source, type: output.type, correlationId }, parent);
    created?.span?.end();
    const event: Event = {
      id,
      source,
      type: output.type,
      subject: output.key,
      time: new Date().toISOString(),
      correlationId,
      causationId: cause.id,
      traceparent: created?.traceparent ?? childTraceparent(parent),
      tracestate: cause.tracestate,
      // A duplicate input that the service no longer remembers makes the same output ids again. Consumers
      // of the output must be able to recognise it as a duplicate.
      idempotent: cause.idempotent,
      data: Buffer.from(stringifyJson(output.data)),
    };
    return this.#options.encoder.encode(to, event);
  }
}

/** A project in JavaScript may return anything. @throws {TypeError} for what can be no record */
function checkOutput({ topic: to, type, key, data }: OutgoingEvent, service: string): void {
  const fault =
    typeof to !== 'string' || !isTopicName(to)
      ? `topic ${JSON.stringify(to)} is not a topic name`
      : typeof type !== 'string' || type === ''
        ? 'type is missing'
        : typeof key !== 'string' && key !== null
          ? 'key is not text'
          : typeof data !== 'object' || data === null || Array.isArray(data)
            ? 'data is not an object'
            : undefined;
  if (fault !== undefined)
    throw new TypeError(`Service ${service} returned an event that is invalid: ${fault}.`);
}
