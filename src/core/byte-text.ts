/**
 * Bytes as text, without loss. Valid UTF-8 becomes the text that it encodes. Each other byte becomes a lone low
 * surrogate, U+DC80 to U+DCFF (Python's `surrogateescape`, PEP 383). UTF-8 never encodes a surrogate, so different
 * bytes are always different texts, and every text of `textOfBytes` becomes its bytes again.
 *
 * Keys and headers of records are such texts inside. Nearly all of them are valid UTF-8 and cost what text costs.
 */
export function textOfBytes(bytes: Buffer, start = 0, end = bytes.length): string {
  const text = bytes.toString('utf8', start, end);
  if (!text.includes(REPLACEMENT)) return text;
  const span = bytes.subarray(start, end);
  // The replacement character is in the text itself.
  if (span.equals(Buffer.from(text, 'utf8'))) return text;
  return escaped(span);
}

/** The bytes that `textOfBytes` was given. Of any other text: its UTF-8. */
export function bytesOfText(text: string): Buffer {
  if (isWellFormed(text)) return Buffer.from(text, 'utf8');
  const parts: Buffer[] = [];
  let from = 0;
  for (const match of text.matchAll(LONE_SURROGATES)) {
    parts.push(Buffer.from(text.slice(from, match.index), 'utf8'));
    from = match.index + match[0].length;
    const code = match[0].charCodeAt(0);
    const isEscape = code >= FIRST_ESCAPE && code <= LAST_ESCAPE;
    parts.push(isEscape ? Buffer.of(code - ESCAPE_BASE) : Buffer.from(match[0], 'utf8'));
  }
  parts.push(Buffer.from(text.slice(from), 'utf8'));
  return Buffer.concat(parts);
}

/** Whether a text is valid Unicode. If not, only `bytesOfText` gives its bytes. */
export function isWellFormed(text: string): boolean {
  // Node 20 has it; TypeScript's library for ES2023 does not. Constant time for text in Latin-1.
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

const REPLACEMENT = '\ufffd';
const ESCAPE_BASE = 0xdc00;
const FIRST_ESCAPE = ESCAPE_BASE + 0x80;
const LAST_ESCAPE = ESCAPE_BASE + 0xff;
const LONE_SURROGATES = /\p{Surrogate}/gu;

/** Each byte that no valid sequence has is escaped on its own. Only for bytes that are not text. */
function escaped(bytes: Buffer): string {
  let text = '';
  let from = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    at += length || 1;
    if (length > 0) continue;
    text += bytes.toString('utf8', from, at - 1) + String.fromCharCode(ESCAPE_BASE + (bytes[at - 1] ?? 0));
    from = at;
  }
  return text + bytes.toString('utf8', from);
}

/** The length of the valid sequence of UTF-8 that begins at `at`; 0 when none does (Unicode 16, table 3-7). */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const second = bytes[at + 1] ?? 0;
  // Overlong sequences, surrogates, and what is beyond U+10FFFF.
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = at + 2; i < at + length; i++) if (((bytes[i] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}
