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

/**
 * Text without control characters: what a server or an event says must not command the terminal, nor turn the direction of the
 * text around it.
 */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
  text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, escaped);

/**
 * JSON text that no reader takes for several lines, and no terminal for a command: `JSON.stringify` escapes neither the line
 * separators of Unicode nor the control characters from U+007F on.
 */
export const oneLine = (json: string): string => json.replace(/[\u007f-\u009f\u2028\u2029]/g, escaped);

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
