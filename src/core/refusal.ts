/** What a backend refuses, as a label without names: of a metric, and of `/readyz`. */
export type RefusalKind =
  /** A right is missing. */
  | 'authorization'
  /** A wrong user, password, token or mechanism. */
  | 'authentication'
  /** A certificate that one of the two sides does not accept. */
  | 'certificate'
  /** The two sides do not speak the same protocol, such as TLS at a port without it. */
  | 'protocol';

/**
 * A backend refuses something, and will refuse it until somebody mends it: retrying alone does not help. The message is
 * one sentence for the operator: who may not do what, where, and what to do. It has names of users, hosts and topics,
 * so clients never see it: a port throws a `MillraceError` with a message of its own, whose `cause` is the refusal.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly kind: RefusalKind;
  /** Resolves when the backend no longer refuses it. */
  readonly mended: Promise<void>;

  constructor(kind: RefusalKind, sentence: string, mended: Promise<void>, cause?: unknown) {
    super(sentence, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.mended = mended;
  }
}

/** How long to wait before what was refused is tried again. Slower than a failure that passes by itself. */
export const REFUSED_RETRY_MS = 3_000;

/** More causes than any error has: a chain that leads back to itself ends here. */
const MAX_CAUSES = 16;

/** The refusal that an error was caused by, if one was. */
export function refusalIn(error: unknown): Refusal | undefined {
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth++) {
    if (cause instanceof Refusal) return cause;
    cause = cause.cause;
  }
  return undefined;
}
