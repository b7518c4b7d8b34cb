import { MillraceError } from '../core/errors.js';
import type { ConsoleContext } from './page.js';
import { Slots } from './slots.js';

/** How many root fields one operation may have. A page of the console asks for three. */
const MAX_FIELDS = 20;
/** How many fields of queries read at the same time, for all callers of a node together. The others wait in their order. */
const MAX_READING = 16;

/**
 * S4: what callers ask of one node. A single field may read a hundred thousand records, or ask all nodes, so what a caller
 * gets must not grow with how often a document repeats it under other names.
 */
export class Questions {
  readonly #fields = new WeakMap<ConsoleContext, number>();
  readonly #reading = new Slots(MAX_READING);

  /** @throws {MillraceError} LIMIT_EXCEEDED when the operation has too many root fields */
  count(context: ConsoleContext): void {
    const fields = (this.#fields.get(context) ?? 0) + 1;
    this.#fields.set(context, fields);
    if (fields > MAX_FIELDS)
      throw new MillraceError(
        'LIMIT_EXCEEDED',
        `An operation of the console may have ${MAX_FIELDS} root fields. Send further ones by themselves.`,
      );
  }

  /** Resolves a field that reads something, when it has its turn. @throws as `count` */
  read<T>(context: ConsoleContext, resolve: () => T | Promise<T>): Promise<T> {
    this.count(context);
    return this.#reading.run(async () => resolve(), context.signal);
  }
}
