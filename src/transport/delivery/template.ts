import type { ByteStream } from './byte-stream.js';

/** What is one client's own in a template. */
export interface Stamp {
  readonly id: Buffer;
  /** What `end` was made of: stamps with the same tag have the same end. */
  readonly tag: string | undefined;
  readonly end: Buffer;
}

/**
 * Frames that many clients get alike, but for an id and an end of their own in each, which are as long for
 * all of them. Never written to: it may wait for many.
 */
export interface Template {
  readonly bytes: Buffer;
  /** Where the ids begin, and where the ends do. */
  readonly ids: readonly number[];
  readonly ends: readonly number[];
}

/** A copy with the stamp in it. */
export function printed({ bytes, ids, ends }: Template, { id, end }: Stamp): Buffer {
  const copy = Buffer.from(bytes);
  for (const at of ids) copy.set(id, at);
  for (const at of ends) copy.set(end, at);
  return copy;
}

/**
 * Writes the same templates to one client after the other from the same bytes: the system has its own copy
 * once it took them, so only what is the next client's own is put in anew. Hot path (bench: fanout).
 */
export class Press {
  #of: readonly Template[] = [];
  #plate: Template | undefined;
  /** Of the end that is in the plate. */
  #tag: string | undefined;

  write(stream: ByteStream, templates: readonly Template[], stamp: Stamp, done: () => void): void {
    const plate = this.#plateOf(templates);
    for (const at of plate.ids) plate.bytes.set(stamp.id, at);
    if (stamp.tag !== this.#tag) for (const at of plate.ends) plate.bytes.set(stamp.end, at);
    this.#tag = stamp.tag;
    stream.write(plate.bytes, done);
    // What the system has not taken is read from these bytes later: they are the stream's now.
    if (stream.writableLength > 0) this.clear();
  }

  /** Holds nothing any more. */
  clear(): void {
    this.#plate = undefined;
    this.#of = [];
  }

  #plateOf(templates: readonly Template[]): Template {
    if (this.#plate !== undefined && same(templates, this.#of)) return this.#plate;
    this.#of = templates;
    this.#plate = joined(templates);
    this.#tag = undefined;
    return this.#plate;
  }
}

function joined(templates: readonly Template[]): Template {
  let base = 0;
  const [ids, ends]: [number[], number[]] = [[], []];
  for (const template of templates) {
    for (const at of template.ids) ids.push(base + at);
    for (const at of template.ends) ends.push(base + at);
    base += template.bytes.length;
  }
  return { bytes: Buffer.concat(templates.map(({ bytes }) => bytes)), ids, ends };
}

function same(some: readonly Template[], others: readonly Template[]): boolean {
  return some.length === others.length && some.every((template, i) => template === others[i]);
}
