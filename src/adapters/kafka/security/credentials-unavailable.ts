import { messageOf } from '../../../core/errors.js';

/** There are no credentials at the moment: a file cannot be read, or the token endpoint is away. That passes. */
export class CredentialsUnavailable extends Error {
  override readonly name = 'CredentialsUnavailable';
  readonly retriable = true;
}

/** Reads a secret of this moment. @throws {CredentialsUnavailable} */
export function readSecret(current: () => string): string {
  try {
    return current();
  } catch (error) {
    // Without a cause, which would decide whether to retry.
    throw new CredentialsUnavailable(messageOf(error));
  }
}
