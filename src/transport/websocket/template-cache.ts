import type { ResultBatch } from '../../subscribe/delivery/result-layout.js';
import type { Template } from '../delivery/template.js';
import type { Envelope } from './envelope.js';
import { textHeader } from './frames.js';

/** Bounds the templates of one batch: clients choose their ids, and so the lengths of them (S4). */
const MAX_TEMPLATES_PER_BATCH = 64;

/** The frames of a batch, laid out once for all operations whose ids and ends have the same lengths (C1). */
export class TemplateCache {
  readonly #templates = new WeakMap<ResultBatch, Map<number, Template>>();

  /** Hot path (bench: fanout). */
  get(batch: ResultBatch, envelope: Envelope): Template {
    let byLengths = this.#templates.get(batch);
    if (byLengths === undefined || byLengths.size >= MAX_TEMPLATES_PER_BATCH) {
      byLengths = new Map();
      this.#templates.set(batch, byLengths);
    }
    // Both lengths in one number. An end is a tag and a few characters, always far below 65,536 bytes.
    const lengths = envelope.values.id.length * 65_536 + envelope.end.length;
    const known = byLengths.get(lengths);
    if (known !== undefined) return known;
    const template = templateOf(batch, envelope);
    byLengths.set(lengths, template);
    return template;
  }
}

function templateOf(batch: ResultBatch, { prefix, idOffset, end }: Envelope): Template {
  const parts: Buffer[] = [];
  const [idOffsets, endOffsets]: [number[], number[]] = [[], []];
  let offset = 0;
  for (const { head } of batch) {
    const header = textHeader(prefix.length + head.length + end.length);
    idOffsets.push(offset + header.length + idOffset);
    offset += header.length + prefix.length + head.length;
    endOffsets.push(offset);
    offset += end.length;
    parts.push(header, prefix, head, end);
  }
  return { bytes: Buffer.concat(parts, offset), idOffsets, endOffsets };
}
