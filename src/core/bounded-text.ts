/** The longest correlation id, idempotency key and the like, from clients and in records. */
export const MAX_TEXT_CHARACTERS = 256;

/** Control and format characters, halves of surrogate pairs, private use, and what ends a line. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

/**
 * Why a text is not fit for an identifier that is copied into records, results and logs.
 * @returns the rest of a sentence that begins with the text's name; `undefined` when it is fit
 */
export function textProblem(text: string): string | undefined {
  if (text.length > MAX_TEXT_CHARACTERS)
    return `has ${text.length} characters; at most ${MAX_TEXT_CHARACTERS} are allowed`;
  return UNPRINTABLE.test(text) ? 'has characters that cannot be printed' : undefined;
}
