import { serverAudits } from 'graphql-http';
import { describe, expect, it } from 'vitest';
import { serveGateway } from '../gateway.js';

/**
 * How many audits there are of each level, so that none is lost with a new version of the suite. Every one has to pass:
 * what GraphQL over HTTP only recommends, the server does too, as far as the suite asks.
 */
const AUDITS = { MUST: 13, SHOULD: 23, MAY: 25 };

describe('the audit suite of GraphQL over HTTP', () => {
  it('passes every audit on a gateway, those that are only recommended too', async () => {
    const { server } = await serveGateway();
    const counts: Record<string, number> = {};
    const failures: string[] = [];
    for (const audit of serverAudits({ url: server.url })) {
      const [level = ''] = audit.name.split(' ');
      counts[level] = (counts[level] ?? 0) + 1;
      const result = await audit.fn();
      if (result.status !== 'ok') failures.push(`${audit.id} ${audit.name}: ${result.reason}`);
    }
    expect(failures).toEqual([]);
    expect(counts).toEqual(AUDITS);
  });
});
