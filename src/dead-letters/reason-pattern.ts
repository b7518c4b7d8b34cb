/** Keeps the work bounded: other programs write reasons of any length. */
const MAX_REASON_CHARS = 2_000;
const MAX_PATTERN_CHARS = 240;
const VALUE = '…';

/**
 * What reasons that differ only in values have in common: `Unexpected token 'x', "{x1}" is not JSON` and the same about another text
 * are one fault of one program. Quoted text, numbers, ids, times and positions become `…`; names stay.
 */
export function reasonPattern(reason: string): string {
  return reason
    .slice(0, MAX_REASON_CHARS)
    .replace(QUOTED, (quoted: string, name: string | undefined) => (name === undefined ? VALUE : quoted))
    .replace(WORDS, (word) => (isValue(word) ? VALUE : word))
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_PATTERN_CHARS);
}

/**
 * Text in quotes. After a word that announces a name (`field "total"`), quoted text that reads like one is a name. An apostrophe
 * within a word opens nothing.
 */
const QUOTED =
  /(?<![\w"'`])(?:(?<=\b(?:field|property|type|class|member|argument|enum|header|key|topic|column|table|method|schema) )["'`]([A-Za-z_][\w.$]{0,99})["'`]|"(?:[^"\\]|\\.)*"|'[^'\n]*'|`[^`\n]*`)(?!\w)/gi;
const WORDS = /[\p{L}\p{N}_@/+-]+(?:[.:][\p{L}\p{N}_@/+-]+)*/gu;
/** `Order2`, `com.acme.v2.Order`, `UTF-8`: names, although they have digits. */
const NAME = /^[A-Za-z_]\w*(?:[.:][A-Za-z_]\w*)*$|^UTF-\d+$|^-+$/;
const HEXADECIMAL = /^(?=.*\d)(?:0x)?[0-9a-f]{8,}$/i;

const isValue = (word: string): boolean =>
  /\p{N}/u.test(word) && (!NAME.test(word) || HEXADECIMAL.test(word));
