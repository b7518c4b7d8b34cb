import { idOf } from '../load/tally.js';

/** Splits a message of the gateway at the number of its event, and gives it the id that all subscribers share. */
export function templateOf(sample: string): { readonly head: string; readonly tail: string } {
  const cut = /^\{"id":"[^"]*"(.*?"n":)\d+(.*)$/s.exec(sample);
  if (cut === null) throw new Error(`Not a message of an event: ${sample}`);
  const [, before = '', after = ''] = cut;
  return { head: `{"id":"${idOf(0)}"${before}`, tail: after };
}
