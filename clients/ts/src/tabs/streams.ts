import type { Link, Loss, Operation, Result } from '../link.js';
import { costOf, type ToTab, WINDOW_COST } from './messages.js';
import { type Entry, Ring } from './ring.js';

/** What a stream keeps for tabs that are slow, or start later. */
const RING_ENTRIES = 1_000;
const RING_COST = 1024 * 1024;

/** Where messages to a tab go. */
export interface Tab {
  post(message: ToTab): void;
}

/** A tab that reads streams. */
export interface Joined {
  readonly tab: Tab;
  readonly readers: Map<number, Reader>;
  unacknowledged: number;
}

/** One operation of one tab. It reads a stream. */
interface Reader {
  readonly tab: Joined;
  readonly id: number;
  stream: Stream;
  /** The number of the next entry to read. */
  next: number;
  /** Whether to tell the tab when it has caught up with its stream. */
  isBehind: boolean;
}

/** One operation on the server, for the tabs that follow it. */
interface Stream {
  /** The operation without its position: equal operations share a group. */
  readonly group: string;
  readonly ring: Ring;
  readonly readers: Set<Reader>;
  stop: () => void;
  cursor: string | undefined;
  /** How many offsets the server is ahead. `undefined`: it has not said so yet. */
  behind: number | undefined;
}

/**
 * The operations on the server, and the operations of tabs that read them.
 *
 * | input                                               | effect                                                          |
 * |-----------------------------------------------------|-----------------------------------------------------------------|
 * | an operation starts, after a cursor that a ring has | it reads that ring: the server is not asked                     |
 * | any other operation starts                          | a new stream from the server                                    |
 * | a stream reaches a cursor that another's ring has   | the operations of both read one stream, and the other stops     |
 * | an entry arrives                                    | every operation that has read all before it gets it             |
 * | too much is unacknowledged                          | the tab gets nothing more for now                               |
 * | an acknowledgement                                  | the tab gets what has waited in the ring                        |
 * | the ring drops what an operation has not read       | the operation is lost: the tab restarts it                      |
 * | the server ends a stream                            | the end; operations that have not read all of it are lost       |
 * | an operation stops, or its tab is gone              | a stream without readers stops                                  |
 *
 * Equal cursors of equal operations are equal positions: what follows one follows the other (D3, D4).
 */
export class Streams {
  readonly #link: Pick<Link, 'start'>;
  readonly #onRefused: () => void;
  readonly #streams = new Map<string, Set<Stream>>();

  /** @param onRefused the server refused the credentials for an operation */
  constructor(link: Pick<Link, 'start'>, onRefused: () => void) {
    this.#link = link;
    this.#onRefused = onRefused;
  }

  start(joined: Joined, id: number, operation: Operation): void {
    const { after, ...extensions } = operation.extensions ?? {};
    const cursor = typeof after === 'string' ? after : undefined;
    const { query, operationName, variables } = operation;
    const group = JSON.stringify([query, operationName, variables, extensions]);
    const found = cursor === undefined ? undefined : this.#find(group, cursor);
    const stream = found?.stream ?? newStream(group, cursor);
    const reader: Reader = { tab: joined, id, stream, next: found?.next ?? 0, isBehind: false };
    joined.readers.set(id, reader);
    stream.readers.add(reader);
    if (found === undefined) this.#open(stream, operation);
    else if (cursor !== undefined) this.#attach(reader, cursor);
  }

  stop(joined: Joined, id: number): void {
    const reader = joined.readers.get(id);
    if (reader === undefined) return;
    joined.readers.delete(id);
    this.#unread(reader);
  }

  /** Stops all operations of a tab. */
  leave(joined: Joined): void {
    for (const reader of joined.readers.values()) this.#unread(reader);
  }

  acknowledge(joined: Joined, cost: number): void {
    joined.unacknowledged -= cost;
    for (const reader of [...joined.readers.values()]) this.#serve(reader);
  }

  /** Where an operation that starts after a cursor can read. */
  #find(group: string, cursor: string, except?: Stream): { stream: Stream; next: number } | undefined {
    for (const stream of this.#streams.get(group) ?? []) {
      const next = stream.ring.following(cursor);
      if (next !== undefined && stream !== except) return { stream, next };
    }
    return undefined;
  }

  /** Starts reading in the middle of a stream: first reports the position, as the server does at a start. */
  #attach(reader: Reader, cursor: string): void {
    const { stream } = reader;
    reader.isBehind = true;
    const left = stream.ring.end - reader.next;
    if (left > 0) post(reader.tab, { type: 'position', id: reader.id, cursor, behind: left });
    this.#serve(reader);
  }

  #open(stream: Stream, operation: Operation): void {
    const streams = this.#streams.get(stream.group) ?? new Set();
    this.#streams.set(stream.group, streams.add(stream));
    stream.stop = this.#link.start(operation, {
      next: (result) => this.#push(stream, result),
      position: (cursor, behind) => {
        stream.behind = behind;
        this.#add(stream, {
          result: undefined,
          cursor,
          cost: costOf({ type: 'position', id: 0, cursor, behind }),
        });
      },
      error: (errors) => {
        if (errors[0]?.extensions?.['code'] === 'UNAUTHENTICATED') this.#onRefused();
        this.#end(stream, (id) => ({ type: 'error', id, errors }));
      },
      complete: () => this.#end(stream, (id) => ({ type: 'complete', id })),
      lost: (loss) => this.#end(stream, (id) => ({ type: 'lost', id, loss })),
    });
  }

  #push(stream: Stream, result: Result): void {
    const { cursor } = result.extensions ?? {};
    const text = JSON.stringify(result);
    const cost = costOf({ type: 'next', id: 0, result: text });
    this.#add(stream, { result: text, cursor: typeof cursor === 'string' ? cursor : undefined, cost });
  }

  #add(stream: Stream, entry: Entry): void {
    const { ring, readers } = stream;
    ring.push(entry);
    stream.cursor = entry.cursor ?? stream.cursor;
    for (const reader of [...readers]) {
      this.#serve(reader);
      if (reader.next < ring.start) this.#drop(reader, { kind: 'retry', why: 'the page was too slow' });
    }
    this.#merge(stream, entry.cursor);
  }

  /** Once two streams are at the same position, their operations read one of them. */
  #merge(stream: Stream, cursor: string | undefined): void {
    const found = cursor === undefined ? undefined : this.#find(stream.group, cursor, stream);
    if (found === undefined) return;
    for (const reader of [...stream.readers]) {
      if (reader.next !== stream.ring.end) {
        // The tab restarts it after its own position, which the other ring may have.
        this.#drop(reader, { kind: 'retry', why: 'the page was too slow' });
        continue;
      }
      stream.readers.delete(reader);
      found.stream.readers.add(reader);
      reader.stream = found.stream;
      reader.next = found.next;
      reader.isBehind = true;
      this.#serve(reader);
    }
    this.#close(stream);
  }

  /** Sends a tab what its window has room for. */
  #serve(reader: Reader): void {
    const { tab, id, stream } = reader;
    const { ring } = stream;
    while (tab.unacknowledged < WINDOW_COST) {
      const entry = ring.at(reader.next);
      if (entry === undefined) break;
      reader.next += 1;
      if (entry.result !== undefined) post(tab, { type: 'next', id, result: entry.result });
      else if (entry.cursor !== undefined)
        post(tab, { type: 'position', id, cursor: entry.cursor, behind: this.#behind(reader) });
    }
    if (!reader.isBehind || reader.next !== ring.end) return;
    reader.isBehind = false;
    if (stream.cursor !== undefined && stream.behind !== undefined)
      post(tab, { type: 'position', id, cursor: stream.cursor, behind: stream.behind });
  }

  #behind({ stream, next }: Reader): number {
    return (stream.behind ?? 0) + stream.ring.end - next;
  }

  /** The server ended a stream. */
  #end(stream: Stream, message: (id: number) => ToTab): void {
    for (const reader of [...stream.readers]) {
      if (reader.next !== stream.ring.end)
        this.#drop(reader, { kind: 'retry', why: 'the stream ended before the page had read it' });
      else {
        reader.tab.readers.delete(reader.id);
        reader.tab.tab.post(message(reader.id));
      }
    }
    stream.stop = () => undefined;
    this.#close(stream);
  }

  /** Its tab restarts the operation, after its own position. */
  #drop(reader: Reader, loss: Loss): void {
    reader.tab.readers.delete(reader.id);
    reader.tab.tab.post({ type: 'lost', id: reader.id, loss });
    this.#unread(reader);
  }

  #unread(reader: Reader): void {
    reader.stream.readers.delete(reader);
    if (reader.stream.readers.size === 0) this.#close(reader.stream);
  }

  #close(stream: Stream): void {
    const streams = this.#streams.get(stream.group);
    if (streams?.delete(stream) !== true) return;
    if (streams.size === 0) this.#streams.delete(stream.group);
    stream.stop();
  }
}

function newStream(group: string, after: string | undefined): Stream {
  return {
    group,
    ring: new Ring(after, RING_ENTRIES, RING_COST),
    readers: new Set(),
    stop: () => undefined,
    cursor: after,
    behind: undefined,
  };
}

function post(joined: Joined, message: ToTab): void {
  joined.unacknowledged += costOf(message);
  joined.tab.post(message);
}
