/** Text without control characters: what a server or an event says must not command the terminal. */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
  text.replace(/[\u0000-\u001f\u007f-\u009f]/g, escaped);

/** JSON text that no reader takes for several lines: some also split at the line separators of Unicode. */
export const oneLine = (json: string): string => json.replace(/[\u0085\u2028\u2029]/g, escaped);

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
