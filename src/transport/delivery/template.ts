/**
 * Frames that many clients receive with the same bytes, except for the operation's id and the end of each
 * frame. Ids and ends have the same lengths for all clients of a template, so their offsets are fixed.
 * Immutable: it may be queued for many clients.
 */
export interface Template {
  readonly bytes: Buffer;
  /** Where each frame's id begins. */
  readonly idOffsets: readonly number[];
  /** Where each frame's end begins. */
  readonly endOffsets: readonly number[];
}

/** The values that one client has in a template. */
export interface TemplateValues {
  readonly id: Buffer;
  /** The tag that `end` was made from: values with the same tag have the same end. */
  readonly tag: string | undefined;
  readonly end: Buffer;
}

/** A copy of the template with one client's values. */
export function render({ bytes, idOffsets, endOffsets }: Template, { id, end }: TemplateValues): Buffer {
  const copy = Buffer.from(bytes);
  for (const offset of idOffsets) copy.set(id, offset);
  for (const offset of endOffsets) copy.set(end, offset);
  return copy;
}

/** One template with the frames of all of them, in a buffer of its own. */
export function concatTemplates(templates: readonly Template[]): Template {
  let base = 0;
  const [idOffsets, endOffsets]: [number[], number[]] = [[], []];
  for (const template of templates) {
    for (const offset of template.idOffsets) idOffsets.push(base + offset);
    for (const offset of template.endOffsets) endOffsets.push(base + offset);
    base += template.bytes.length;
  }
  return { bytes: Buffer.concat(templates.map(({ bytes }) => bytes)), idOffsets, endOffsets };
}
