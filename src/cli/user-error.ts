/** A failure that the person at the command line can fix: reported by its message alone, without a stack trace. */
export class UserError extends Error {
  override readonly name = 'UserError';

  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}
