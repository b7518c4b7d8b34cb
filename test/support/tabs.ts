import { SignJWT } from 'jose';
import type { Judged, ReceivedLog } from '../faults/support/check.js';
import type { Tab } from './browser.js';

export const JWT_SECRET = 'a secret of at least 32 bytes, as HS256 needs';

/** A token of its own at each call. */
export const tokenOf = (sub: string, lasts = '1h'): Promise<string> =>
  new SignJWT({ sub, jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(lasts)
    .sign(new TextEncoder().encode(JWT_SECRET));

/** After a reload or crash, the handler may get those events again whose position was not yet kept: they are the last ones. */
export function afterLives({ recorder, after }: Judged<Tab>): Judged<ReceivedLog> {
  return {
    ...(after && { after }),
    recorder: {
      name: recorder.name,
      faults: recorder.faults,
      get received() {
        const seen = new Set<string>();
        return recorder.received.filter(({ id }) => !seen.has(id) && seen.add(id));
      },
    },
  };
}
