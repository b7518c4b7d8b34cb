import { lastName } from '../../core/envelope/type-names.js';

/** A name of GraphQL (specification, section 2.1.9). Names that begin with two underscores are GraphQL's own. */
const NAME = /^(?!__)[_A-Za-z][_0-9A-Za-z]*$/;
const RESERVED_VALUES: ReadonlySet<string> = new Set(['true', 'false', 'null']);

export const isName = (text: string): boolean => NAME.test(text);

export const isEnumValue = (text: string): boolean => isName(text) && !RESERVED_VALUES.has(text);

/** `order-lines` as `OrderLines`. */
export function pascalCase(text: string): string {
  const joined = text
    .split(/[^0-9A-Za-z]+/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
  return /^\d/.test(joined) || joined === '' ? `T${joined}` : joined;
}

/** `order-lines` as `orderLines`. */
export function camelCase(text: string): string {
  const name = pascalCase(text);
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** Hands out unique names. */
export class UniqueNames {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }

  /** The first of these names that is free, or else the last one with a number. */
  take(...wanted: readonly [string, ...string[]]): string {
    let name = wanted.find((one) => !this.#taken.has(one));
    const last = wanted.at(-1) ?? wanted[0];
    for (let n = 2; name === undefined; n += 1) if (!this.#taken.has(`${last}${n}`)) name = `${last}${n}`;
    this.#taken.add(name);
    return name;
  }
}

/** The name of a topic's events, where nothing says it: `Order` of `shop.orders.v1`. */
export function eventNameOf(topic: string): string {
  const name = pascalCase(lastName(topic));
  return /[^isu]s$/.test(name) ? name.slice(0, -1) : name;
}
