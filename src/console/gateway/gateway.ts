import { type Identity, subjectOf } from '../../core/identity.js';
import type { ConsoleContext, ConsolePage, Payload } from '../page.js';
import { ticks } from '../ticks.js';
import { packageVersion } from '../version.js';

/** What a gateway knows of itself. */
interface GatewayParts {
  /** In words, as at the start of the process. */
  readonly log: string;
  readonly fanout: string;
  readonly role: string | undefined;
}

/** How often a page learns the gateway's time. */
const CLOCK_INTERVAL_MS = 5_000;

/** Who asks, and which gateway answers: what every page shows around its own. */
export function gatewayPage(parts: GatewayParts): ConsolePage {
  const gateway = {
    ...parts,
    version: packageVersion(),
    node: process.version,
    startedAt: new Date(Date.now() - process.uptime() * 1_000).toISOString(),
  };
  return {
    readsNothing: true,
    Query: {
      me: (_args, { identity }) => meOf(identity),
      gateway: () => gateway,
    },
    Subscription: { clock: (_args, context) => clock(context) },
  };
}

function meOf(identity: Identity) {
  const { roles } = identity.claims;
  const { expiresAt } = identity;
  return {
    subject: subjectOf(identity),
    roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [],
    expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt).toISOString(),
  };
}

async function* clock({ signal }: ConsoleContext): AsyncGenerator<Payload> {
  for await (const _ of ticks(CLOCK_INTERVAL_MS, signal)) yield { data: { time: new Date().toISOString() } };
}
