import type { ExecutionResult } from 'graphql';
import { type Relayed, UNKNOWN_TYPE } from '../../core/event.js';
import { stringifyJson } from '../../core/exact-json.js';
import type { TopicPartition } from '../../core/position.js';

/**
 * The layout of a subscription's results, for all transports. The JSON of one execution result is
 *
 *     head   {"data":…,"extensions":{"cursor":"<position>     shared by a cohort (C1)
 *     tag    .<scope>                                                     the subscriber's own, constant
 *     end    "}}                                                          the same for all
 *
 * `head` is made once for an event and cohort; a transport writes `head + tag + end` without looking inside.
 * So `cursor` stays the last field of `extensions`, which stays the last field of the result. A field for the
 * extensions of every result is added in this file only: in `eventExtensions`, `CURSOR_ONLY`, `snapshotHead` and `START_HEAD`.
 */
export interface SharedResult {
  /** In UTF-8, up to and including the shared half of the cursor. */
  readonly head: Buffer;
  /** The shared half of the cursor: the subscriber's cursor is `cursor + tag`. */
  readonly cursor: string;
}

/** Results of consecutive events, which a cohort's members take together. */
export type ResultBatch = readonly SharedResult[];

/** `head` as text, up to where the cursor begins. */
export type OpenHead = string;

/** Opens the last field of every head. */
const CURSOR = '"cursor":"';
/** Closes the cursor, `extensions` and the result. */
const END = '"}}';

/** The extensions of a result for clients that did not ask where its event came from. */
export const CURSOR_ONLY = `,"extensions":{${CURSOR}`;

/**
 * `,"extensions":{…,"cursor":"`: what a client may know of where a result comes from. Made once for an event.
 * @param more what fields show beside that
 */
export function eventExtensions(
  { topic, partition }: TopicPartition,
  { event, offset }: Relayed,
  more?: Readonly<Record<string, unknown>>,
): string {
  const shown = {
    id: event.id,
    // A tombstone may have no type.
    type: event.type === UNKNOWN_TYPE ? undefined : event.type,
    key: event.subject ?? undefined,
    time: event.time,
    topic,
    partition,
    offset: String(offset),
    correlationId: event.correlationId,
    traceparent: event.traceparent,
  };
  const json = JSON.stringify(more === undefined ? shown : { ...shown, ...more });
  return `,"extensions":{"event":${json},${CURSOR}`;
}

/** The head of a result without errors. @param data JSON @param extensions of `eventExtensions` */
export function dataHead(data: string, extensions: string): OpenHead {
  return `{"data":${data}${extensions}`;
}

/** The head of what execution made, with its errors. @param extensions of `eventExtensions` */
export function executionHead({ errors, data }: ExecutionResult, extensions: string): OpenHead {
  return `${stringifyJson({ errors, data }).slice(0, -1)}${extensions}`;
}

/** The head of the state that a subscription begins with. @param data JSON */
export function snapshotHead(data: string): OpenHead {
  return `{"data":${data},"extensions":{"snapshot":true,${CURSOR}`;
}

/** The head of the result that only says where a subscription starts, for clients that ask for one. */
export const START_HEAD: OpenHead = `{"data":null,"extensions":{"start":true,${CURSOR}`;

/** A complete result that has only a position, for clients that ask for positions and whose transport has no other form. */
export function positionResult(cursor: string, behind: number): string {
  return JSON.stringify({ data: null, extensions: { position: true, behind, cursor } });
}

/** Adds how many events were left out before this one (`onSlow: CONFLATE`). */
export function withConflated(head: OpenHead, count: number): OpenHead {
  return `${head.slice(0, -CURSOR.length)}"conflated":${count},${CURSOR}`;
}

/** @param cursor the shared half */
export function sharedResult(head: OpenHead, cursor: string): SharedResult {
  return { head: Buffer.from(head + cursor), cursor };
}

/** The same for a head that is kept in UTF-8. */
export function sharedResultOf(head: Buffer, cursor: string): SharedResult {
  return { head: Buffer.concat([head, Buffer.from(cursor)]), cursor };
}

/** What follows `head`: a transport makes it once for a subscription. */
export function resultTail(tag: string): string {
  return tag + END;
}
