import { randomUUID } from 'node:crypto';

/**
 * Integers that a double would round pass through `JSON.parse` and `JSON.stringify` as texts of this form. The mark is new for
 * each process, so no text of an event looks like one.
 */
const MARK = `${randomUUID()}:`;
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, 'g');
/** As many digits as the shortest integer beyond 2^53 has. */
const LONG = /\d{16}/;
const NUMBER = /-?\d[\d.eE+-]*/g;
const LONG_INTEGER = /^-?\d{16,}$/;

/** Marks the integers of JSON text beyond 2^53, so that `JSON.parse` keeps all their digits. */
export function marked(json: string): string {
  if (!LONG.test(json)) return json;
  const parts: string[] = [];
  for (let at = 0; at < json.length; ) {
    const quote = json.indexOf('"', at);
    const start = quote < 0 ? json.length : quote;
    const end = quote < 0 ? json.length : endOfString(json, quote);
    parts.push(json.slice(at, start).replace(NUMBER, markedNumber), json.slice(start, end));
    at = end;
  }
  return parts.join('');
}

/** JSON text with the integers that were marked. */
export function unmarked(json: string): string {
  return json.includes(MARK) ? json.replace(MARKED, '$1') : json;
}

function markedNumber(token: string): string {
  const isLong = LONG_INTEGER.test(token) && !Number.isSafeInteger(Number(token));
  return isLong ? `"${MARK}${token}"` : token;
}

/** Where the string that begins at `quote` ends. */
function endOfString(json: string, quote: number): number {
  for (let end = json.indexOf('"', quote + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let first = end;
    while (json[first - 1] === '\\') first -= 1;
    if ((end - first) % 2 === 0) return end + 1;
  }
  return json.length;
}
