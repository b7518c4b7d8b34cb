/** Letters and digits that are not taken for each other, as Crockford's base 32 has them. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHARACTERS = 12;

/** An id that people can read out, with 60 random bits: `K7QF-2M9X-4TRD`. */
export function newOrderId(): string {
  const random = crypto.getRandomValues(new Uint8Array(CHARACTERS));
  const text = [...random].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return text.replace(/.{4}(?=.)/g, '$&-');
}
