import { ClientError } from 'millrace-client';
import { sentence } from './order-progress.js';

/** What went wrong, for a customer. */
export function errorText(error: unknown): string {
  if (!(error instanceof ClientError)) return 'Something went wrong in this page. Reload it.';
  switch (error.code) {
    case 'UNREACHABLE':
      return 'The shop cannot be reached. Try again in a moment.';
    case 'UNAUTHENTICATED':
      return 'This shop does not accept the name. Sign in again.';
    case 'FORBIDDEN':
      return 'Only the staff of the shop may do this.';
    case 'OUTCOME_PENDING':
      return 'This takes longer than usual, and continues. You see the result here as soon as it is known.';
    case 'STORE_FAILED':
      return 'This browser does not keep data for the shop, so nothing was sent. Allow it to store data, and try again.';
    default:
      return sentence(error.message);
  }
}
