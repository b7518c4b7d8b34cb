/**
 * One line of bounded length, without control characters: the text is a producer's, and may attack a terminal.
 * @param maxCharacters of the result
 */
export function terminalText(text: string, maxCharacters: number): string {
  const plain = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
  return plain.length > maxCharacters ? `${plain.slice(0, maxCharacters - 1)}…` : plain;
}

/** A producer's timestamp in milliseconds since 1970, in ISO 8601 if it is a date. */
export function isoTime(timestamp: number): string {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? String(timestamp) : date.toISOString();
}
