import { describe, expect, it } from 'vitest';
import type { Assignment } from '../../../../src/adapters/kafka/group/assignment.js';
import { ReadReplicas } from '../../../../src/adapters/kafka/group/read-replicas.js';

describe('the replicas that partitions are fetched from', () => {
  it('are the leader until it names another, and again after a minute or a failure', () => {
    let now = 0;
    const replicas = new ReadReplicas(() => now);
    // Only its identity is used.
    const assignment = {} as Assignment;
    expect(replicas.of(assignment)).toBeUndefined();
    replicas.prefer(assignment, 2);
    now = 59_999;
    expect(replicas.of(assignment)).toBe(2);
    now = 60_000;
    expect(replicas.of(assignment)).toBeUndefined();
    replicas.prefer(assignment, 3);
    expect(replicas.forget(assignment)).toBe(true);
    expect(replicas.of(assignment)).toBeUndefined();
    expect(replicas.forget(assignment)).toBe(false);
  });
});
