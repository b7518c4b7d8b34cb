import type { ByteStream } from './byte-stream.js';
import { concatTemplates, type Template, type TemplateValues } from './template.js';

/**
 * Writes the same templates to one client after another from one scratch buffer, and patches only the values
 * that differ. This is safe because the operating system copies the bytes that it accepts before `write`
 * returns. A stream that could not write all of them keeps the buffer, and the next client gets a new one.
 * Hot path (bench: fanout).
 */
export class TemplateWriter {
  #templates: readonly Template[] = [];
  #scratch: Template | undefined;
  /** The tag of the ends that are in the scratch buffer. */
  #tag: string | undefined;

  write(stream: ByteStream, templates: readonly Template[], values: TemplateValues, done: () => void): void {
    const scratch = this.#scratchFor(templates);
    for (const offset of scratch.idOffsets) scratch.bytes.set(values.id, offset);
    if (values.tag !== this.#tag) {
      for (const offset of scratch.endOffsets) scratch.bytes.set(values.end, offset);
    }
    this.#tag = values.tag;
    stream.write(scratch.bytes, done);
    // The stream reads the rest from these bytes later, so they must not be patched again.
    if (stream.writableLength > 0) this.clear();
  }

  /** Releases the scratch buffer. */
  clear(): void {
    this.#scratch = undefined;
    this.#templates = [];
  }

  #scratchFor(templates: readonly Template[]): Template {
    if (this.#scratch !== undefined && areSame(templates, this.#templates)) return this.#scratch;
    this.#templates = templates;
    this.#scratch = concatTemplates(templates);
    this.#tag = undefined;
    return this.#scratch;
  }
}

function areSame(some: readonly Template[], others: readonly Template[]): boolean {
  return some.length === others.length && some.every((template, i) => template === others[i]);
}
