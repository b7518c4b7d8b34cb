import { millisecondsOf, parseDateTime } from './date-time.js';

/** An entry that makes nodes refuse credentials before they expire. Times are milliseconds since 1970. */
export type Revocation = {
  /** When it ends: none of the credentials that it revokes may be valid for longer. */
  readonly until: number;
} & (
  | { readonly id: string }
  /** `issuedBefore`: only those that were issued before that time. `undefined`: all of the subject. */
  | { readonly subject: string; readonly issuedBefore: number | undefined }
);

/** S4: nodes keep each of them. */
export const MAX_NAME_CHARACTERS = 1_024;

/** As it is stored, for programs in any language: texts by name. Times are those of RFC 3339. */
export function fieldsOf(revocation: Revocation): Readonly<Record<string, string>> {
  const until = new Date(revocation.until).toISOString();
  if ('id' in revocation) return { id: revocation.id, until };
  const { subject, issuedBefore } = revocation;
  if (issuedBefore === undefined) return { subject, until };
  return { subject, issuedBefore: new Date(issuedBefore).toISOString(), until };
}

/**
 * Reads what `fieldsOf` wrote, or another program.
 * @throws {Error} that says what is wrong with it
 */
export function revocationOf({
  id,
  subject,
  issuedBefore,
  until,
}: Readonly<Record<string, unknown>>): Revocation {
  if ((id === undefined) === (subject === undefined))
    throw new Error('A revocation needs `id` or `subject`, and not both.');
  const shared = { until: timeOf('until', until) };
  if (id !== undefined) {
    if (issuedBefore !== undefined) throw new Error('A revocation of an `id` has no `issuedBefore`.');
    return { id: nameOf('id', id), ...shared };
  }
  const before = issuedBefore === undefined ? undefined : timeOf('issuedBefore', issuedBefore);
  return { subject: nameOf('subject', subject), issuedBefore: before, ...shared };
}

function nameOf(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '' && value.length <= MAX_NAME_CHARACTERS) return value;
  throw new Error(`\`${name}\` of a revocation must be a text of at most ${MAX_NAME_CHARACTERS} characters.`);
}

function timeOf(name: string, value: unknown): number {
  const instant = typeof value === 'string' ? parseDateTime(value) : undefined;
  if (instant !== undefined) return millisecondsOf(instant);
  throw new Error(`\`${name}\` of a revocation must be a date-time of RFC 3339.`);
}
