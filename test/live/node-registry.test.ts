import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openRedisNodeRegistry } from '../../src/adapters/redis/node-registry.js';
import { redisAt } from '../../src/adapters/redis/server.js';
import { MAX_NODES, type NodeRegistry } from '../../src/ports/node-registry.js';
import type { OnProblem, Problem } from '../../src/ports/problem.js';
import { nodeRegistryContract } from '../contract/node-registry.js';
import { redisUrl } from '../support/services.js';

const EVENTUALLY = { timeout: 20_000, interval: 20 };

async function place() {
  const prefix = `test-${randomUUID()}`;
  const server = redisAt(redisUrl());
  return (onProblem?: OnProblem) =>
    openRedisNodeRegistry({ server, prefix, ...(onProblem && { onProblem }) });
}

nodeRegistryContract('The registry of nodes in Redis', place);

describe('the registry of nodes in Redis', () => {
  it('keeps nothing of a node that is gone, and nothing for ever', async () => {
    const prefix = `test-${randomUUID()}`;
    const redis = new Redis(redisUrl());
    onTestFinished(() => redis.disconnect());
    const registry = await openRedisNodeRegistry({ server: redisAt(redisUrl()), prefix });
    await announced(registry);
    const keys = [`${prefix}:{nodes}:present`, `${prefix}:{nodes}:report:${registry.id}`];
    for (const key of keys) expect(await redis.pttl(key)).toBeGreaterThan(0);
    await registry[Symbol.asyncDispose]();
    expect(await redis.exists(keys[1] ?? '')).toBe(0);
  });

  it('C4 lists no more nodes than its bound, and tells the others so', async () => {
    const prefix = `test-${randomUUID()}`;
    const redis = new Redis(redisUrl());
    onTestFinished(() => redis.disconnect());
    const [seconds = 0, micros = 0] = await redis.time();
    const now = seconds * 1_000 + Math.floor(micros / 1_000);
    const index = Array.from({ length: MAX_NODES }, (_, i) => `node-${i} ${now}\n`).join('');
    await redis.set(`${prefix}:{nodes}:present`, index, 'PX', 60_000);
    const registry = await openRedisNodeRegistry({ server: redisAt(redisUrl()), prefix });
    onTestFinished(() => registry[Symbol.asyncDispose]());
    await vi.waitFor(async () => expect(await registry.announce(1)).toMatch(/^Too many nodes/), EVENTUALLY);
  });

  it('without Redis, a node sees and asks only itself, says why, and waits for nothing', async () => {
    const problems: Problem[] = [];
    const onProblem = (problem: Problem) => void problems.push(problem);
    // The port of a service that nobody runs.
    const registry = await openRedisNodeRegistry({ server: redisAt('redis://127.0.0.1:1'), onProblem });
    onTestFinished(() => registry[Symbol.asyncDispose]());
    registry.answer('question', () => 'answer');
    const unheard = 'Other nodes cannot be heard: Redis at 127.0.0.1:1 cannot be used at the moment.';
    expect(await registry.announce('report')).toBe(unheard);
    expect(await registry.list()).toEqual({
      nodes: [{ id: registry.id, isSelf: true, ageMs: 0, report: 'report' }],
      unheard,
    });
    expect(await registry.ask('question', 1, 200)).toEqual({
      answers: [{ node: registry.id, answer: 'answer' }],
      silent: [],
      unheard,
    });
    expect(new Set(problems.map(({ kind }) => kind))).toEqual(new Set(['redis-connection']));
  });
});

async function announced(registry: NodeRegistry): Promise<void> {
  await vi.waitFor(async () => expect(await registry.announce('report')).toBeUndefined(), EVENTUALLY);
}
