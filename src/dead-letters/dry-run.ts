import { messageOf } from '../core/errors.js';
import { type Event, isNamedType, type Relayed } from '../core/event.js';
import type { Topic } from '../core/ids.js';
import type { TopicPartition } from '../core/position.js';
import type { LogRecord, NewRecord } from '../core/record.js';
import { RecordDecoder } from '../core/record-decoder.js';
import type { TopicFormats } from '../core/topic-format.js';
import type { EventLog } from '../ports/event-log.js';
import type { DeadLetter } from './dead-letter.js';
import { RecordRestorer } from './record-restorer.js';

/** What a Subscription field does with an event, as far as it can be found out without a client. */
export type FieldTrial =
  /** `leftOut`: what was not executed. */
  | { readonly kind: 'PASSES'; readonly leftOut: readonly string[] }
  | { readonly kind: 'FAILS'; readonly stage: 'filter' | 'execution'; readonly reason: string }
  | { readonly kind: 'UNKNOWN'; readonly reason: string }
  /** It does not show events of the type. */
  | { readonly kind: 'NOT_SHOWN' }
  | { readonly kind: 'NO_FIELD' };

/** The Subscription fields of the current schema. */
export interface FieldTrials {
  /** The fields that show events of a type from a topic. */
  fieldsOf(topic: Topic, type: string): readonly string[];
  try(field: string, at: TopicPartition, event: Relayed): FieldTrial;
  /** Why data cannot be data of an event type; none for a type that is not in the schema. */
  dataProblems(type: string, data: Buffer): readonly string[];
}

export type Verdict = 'GOES_THROUGH' | 'FAILS_AGAIN' | 'NOT_TESTED';

export interface DryRunResult {
  readonly verdict: Verdict;
  /** What was tested and found, in words. */
  readonly reason: string;
}

export interface DryRunOptions {
  readonly log: EventLog;
  readonly formats: TopicFormats;
  readonly fields: FieldTrials;
  /** The topics of the project. */
  readonly topics: ReadonlySet<Topic>;
  /** The names of the project's services and views. */
  readonly services: ReadonlySet<string>;
  readonly views: ReadonlySet<string>;
}

/** The kinds of faults of Millrace that do not come from decoding. */
const AFTER_DECODING: ReadonlySet<string> = new Set(['filter', 'execution', 'service', 'view']);

/**
 * Tests what failed on a record with the current schema, codecs and project. Nothing is written, and no code of the project is
 * run but its codecs and scalars: a handler of a service or view may have effects, so its letters are decoded and no more.
 */
export class DryRun {
  readonly #options: DryRunOptions;
  readonly #decoder: RecordDecoder;
  readonly #restorer: RecordRestorer;

  constructor(options: DryRunOptions) {
    this.#options = options;
    this.#decoder = new RecordDecoder(options.formats);
    this.#restorer = new RecordRestorer(options.log);
  }

  /** What would happen to the record of a dead letter if it were put back. @throws when the log cannot be read */
  async test(letter: DeadLetter, signal: AbortSignal): Promise<DryRunResult> {
    return (await this.look(letter, signal)).result;
  }

  /** The same, with the event if the record decodes. */
  async look(
    letter: DeadLetter,
    signal: AbortSignal,
  ): Promise<{ readonly result: DryRunResult; readonly event?: Event | undefined }> {
    const restored = await this.#restorer.restore(letter, signal);
    if (!restored.ok) return { result: failsAgain(`It cannot be put back: ${restored.reason}.`) };
    const { topic } = letter.origin;
    if (!this.#options.topics.has(topic)) return { result: elsewhere(topic) };
    const decoded = await this.#decode(letter, restored.record, signal);
    if ('verdict' in decoded) return { result: decoded };
    return { result: this.#tryWhatFailed(letter, decoded), event: decoded.event };
  }

  /** An edited record: its data, and everything of the schema that would read it. */
  async testEdited(letter: DeadLetter, record: NewRecord, signal: AbortSignal): Promise<DryRunResult> {
    const { topic } = letter.origin;
    if (!this.#options.topics.has(topic)) return elsewhere(topic);
    const decoded = await this.#decode(letter, record, signal);
    if ('verdict' in decoded) return decoded;
    const { type, data } = decoded.event;
    const problems = data === null ? [] : this.#options.fields.dataProblems(type, data);
    if (problems.length > 0) return failsAgain(`Its data does not fit its type: ${problems.join('; ')}.`);
    const fields = this.#tryAllFields(letter, decoded);
    return fields.verdict === 'FAILS_AGAIN' ? fields : this.#tryWhatFailed(letter, decoded);
  }

  async #decode(letter: DeadLetter, record: NewRecord, signal: AbortSignal): Promise<Relayed | DryRunResult> {
    const { origin, originTimestamp, timestamp } = letter;
    const { key, headers, headerList, value } = record;
    const stamped = originTimestamp ?? timestamp;
    const read: LogRecord = { offset: origin.offset, timestamp: stamped, key, headers, headerList, value };
    try {
      await this.#decoder.prepare(origin.topic, [read], signal);
    } catch (error) {
      if (signal.aborted) throw error;
      return notTested(`It cannot be decoded at the moment: ${messageOf(error)}`);
    }
    const decoded = this.#decoder.decode(read, origin);
    if (!decoded.ok) return failsAgain(`It cannot be decoded (${decoded.kind}): ${decoded.reason}.`);
    return { offset: origin.offset, timestamp: stamped, event: decoded.event };
  }

  #tryWhatFailed(letter: DeadLetter, event: Relayed): DryRunResult {
    const { field, service, view, kind, format, group } = letter;
    const { services, views } = this.#options;
    if (service !== undefined) {
      return services.has(service)
        ? notTested(`It decodes. The service ${service} failed on it; services are not run in a dry run.`)
        : goesThrough(`It decodes. The project has no service ${service} any more.`);
    }
    if (view !== undefined) {
      return views.has(view)
        ? notTested(`It decodes. The view ${view} failed on it; views are not run in a dry run.`)
        : goesThrough(`It decodes. The project has no view ${view} any more.`);
    }
    if (field !== undefined) return this.#tryField(field, letter, event);
    if (format === 'MILLRACE' && !AFTER_DECODING.has(kind)) return this.#tryAllFields(letter, event);
    const who = group === undefined ? 'Another program' : `The consumer group ${group}`;
    return notTested(`It decodes here. ${who} failed on it (${kind}), which cannot be tested.`);
  }

  #tryField(field: string, { origin }: DeadLetter, event: Relayed): DryRunResult {
    const trial = this.#options.fields.try(field, origin, event);
    switch (trial.kind) {
      case 'PASSES':
        return goesThrough(`The field ${field} resolves with all its data.${exceptFor(trial.leftOut)}`);
      case 'FAILS':
        return failsAgain(`The field ${field} fails again (${trial.stage}): ${trial.reason}`);
      case 'UNKNOWN':
        return notTested(`It decodes. Whether the field ${field} fails is not known: ${trial.reason}`);
      case 'NOT_SHOWN':
        return goesThrough(
          `It decodes. The field ${field} does not show events of type ${event.event.type}.`,
        );
      case 'NO_FIELD':
        return goesThrough(`It decodes. The schema has no subscription field ${field} any more.`);
    }
  }

  /** A record that could not be decoded has not reached any field yet. */
  #tryAllFields({ origin }: DeadLetter, event: Relayed): DryRunResult {
    const { fields } = this.#options;
    const { type } = event.event;
    const names = fields.fieldsOf(origin.topic, type);
    for (const name of names) {
      const trial = fields.try(name, origin, event);
      if (trial.kind === 'FAILS')
        return failsAgain(`It decodes, but the field ${name} fails on it (${trial.stage}): ${trial.reason}`);
    }
    if (names.length > 0) return goesThrough(`It decodes, and resolves in ${names.join(', ')}.`);
    return goesThrough(`It decodes. No subscription field shows ${isNamedType(type) ? type : 'it'}.`);
  }
}

const goesThrough = (reason: string): DryRunResult => ({ verdict: 'GOES_THROUGH', reason });
const failsAgain = (reason: string): DryRunResult => ({ verdict: 'FAILS_AGAIN', reason });
const notTested = (reason: string): DryRunResult => ({ verdict: 'NOT_TESTED', reason });

const elsewhere = (topic: Topic): DryRunResult =>
  notTested(`The topic ${topic} is not part of this project, which cannot tell what its readers do.`);

const exceptFor = (leftOut: readonly string[]): string =>
  leftOut.length === 0
    ? ''
    : ` Not run: ${leftOut.slice(0, 10).join(', ')}${leftOut.length > 10 ? ', …' : ''}.`;
