import { serverAudits } from 'graphql-http';
import { describe, expect, it } from 'vitest';
import { serveGateway } from '../gateway.js';
import { RawClient, WAIT } from '../serve.js';

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

  it.each([
    ['application/json', 200],
    ['application/graphql-response+json', 400],
  ])('says for %s with %i, a code and retry that a required variable is left out', async (accept, status) => {
    const { server } = await serveGateway();
    const query = 'query ($yes: Boolean!) { ok @include(if: $yes) }';
    const headers = { accept, 'content-type': 'application/json' };
    const response = await fetch(server.url, { method: 'POST', headers, body: JSON.stringify({ query }) });
    expect(response.status).toBe(status);
    const result = await response.json();
    expect(Object.keys(result)).toEqual(['errors']);
    expect(result.errors).toMatchObject([
      {
        message: 'Variable "$yes" of required type "Boolean!" was not provided.',
        extensions: { code: 'BAD_REQUEST', retry: false },
      },
    ]);
  });

  it('serves a subscription whose root is in a fragment, or merged, on every transport', async () => {
    const { server, wsUrl, live } = await serveGateway();
    const query = 'subscription { ...F said { n } } fragment F on Subscription { said { text } }';
    const abort = new AbortController();
    const stream = await fetch(`${server.url}?${new URLSearchParams({ query })}`, {
      headers: { accept: 'text/event-stream' },
      signal: abort.signal,
    });
    expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const client = await RawClient.acknowledged(wsUrl);
    client.subscribe('1', query);
    await expect.poll(live, WAIT).toBe(2);
    abort.abort();
  });
});
