import { idOf } from '../load/tally.js';

/** A message as the gateway sent it, cut where the number of its event is, for everybody the same id. */
export function templateOf(sample: string): { readonly head: string; readonly tail: string } {
  const cut = /^\{"id":"[^"]*"(.*?"n":)\d+(.*)$/s.exec(sample);
  if (cut === null) throw new Error(`Not a message of an event: ${sample}`);
  const [, before = '', after = ''] = cut;
  return { head: `{"id":"${idOf(0)}"${before}`, tail: after };
}
