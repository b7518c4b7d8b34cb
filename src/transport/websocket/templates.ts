import type { ResultBatch } from '../../subscribe/delivery/result-layout.js';
import type { Template } from '../delivery/template.js';
import type { Envelope } from './envelope.js';
import { textHeader } from './frames.js';

/** How many lengths of ids and tags are told apart for one batch: a client chooses its ids. */
const LENGTHS = 64;

/** The frames of a batch, laid out once for all operations whose ids and tags are of the same lengths (C1). */
export class Templates {
  readonly #made = new WeakMap<ResultBatch, Map<number, Template>>();

  /** Hot path (bench: fanout). */
  of(batch: ResultBatch, envelope: Envelope): Template {
    let made = this.#made.get(batch);
    if (made === undefined || made.size >= LENGTHS) {
      made = new Map();
      this.#made.set(batch, made);
    }
    // The end of one operation is a tag and what follows it, always far below this.
    const lengths = envelope.stamp.id.length * 65_536 + envelope.end.length;
    const known = made.get(lengths);
    if (known !== undefined) return known;
    const template = templateOf(batch, envelope);
    made.set(lengths, template);
    return template;
  }
}

function templateOf(batch: ResultBatch, { prefix, idAt, end }: Envelope): Template {
  const parts: Buffer[] = [];
  const [ids, ends]: [number[], number[]] = [[], []];
  let at = 0;
  for (const { head } of batch) {
    const header = textHeader(prefix.length + head.length + end.length);
    ids.push(at + header.length + idAt);
    at += header.length + prefix.length + head.length;
    ends.push(at);
    at += end.length;
    parts.push(header, prefix, head, end);
  }
  return { bytes: Buffer.concat(parts, at), ids, ends };
}
