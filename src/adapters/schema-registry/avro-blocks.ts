import avsc from 'avsc';

/** What `avsc` reads from: a position in a value. */
interface Tap {
  readonly buf: Buffer;
  readonly pos: number;
  readLong(): number;
  skipLong(): void;
  readString(): string;
}

/** A type of `avsc`, as its own types call each other. */
interface Reader {
  _read(tap: Tap): unknown;
}

/** Items may have no bytes: nulls, and records without fields. How many of them one value may have. */
const MAX_EMPTY_ITEMS = 1_000;

/** Of the value that is being read. Reading is synchronous. */
let emptyItemsLeft = MAX_EMPTY_ITEMS;

/**
 * S4, D10: `avsc` 5 reads as many items as a block says it has, also behind the end of the value, and notices only
 * afterwards. So arrays and maps are read here, and a block with more items than bytes is refused before any is read.
 * It applies to all schemas of this process, whose values are read `withinBounds`.
 * @see https://avro.apache.org/docs/1.12.0/specification/#arrays-1
 */
export function boundBlocks(): void {
  // The type declarations of `avsc` leave out what its types call on each other.
  const array = avsc.types.ArrayType.prototype as unknown as Reader;
  const map = avsc.types.MapType.prototype as unknown as Reader;
  array._read = function (this: { readonly itemsType: Reader }, tap) {
    const items: unknown[] = [];
    readBlocks(tap, () => items.push(this.itemsType._read(tap)));
    return items;
  };
  map._read = function (this: { readonly valuesType: Reader }, tap) {
    const entries: [string, unknown][] = [];
    readBlocks(tap, () => entries.push([tap.readString(), this.valuesType._read(tap)]));
    return Object.fromEntries(entries);
  };
}

/** Reads one value. */
export function withinBounds<T>(read: () => T): T {
  emptyItemsLeft = MAX_EMPTY_ITEMS;
  return read();
}

/** @throws {RangeError} for a block that has more items than bytes */
function readBlocks(tap: Tap, readItem: () => void): void {
  for (let count = tap.readLong(); count !== 0; count = tap.readLong()) {
    if (count < 0) {
      count = -count;
      tap.skipLong(); // The block's size in bytes.
    }
    const { pos } = tap;
    const left = Math.max(0, tap.buf.length - pos);
    if (count > left + emptyItemsLeft)
      throw new RangeError(`a block has ${count} items, and the value only ${left} more bytes`);
    for (let n = count; n > 0; n--) readItem();
    emptyItemsLeft -= Math.max(0, count - (tap.pos - pos));
  }
}
