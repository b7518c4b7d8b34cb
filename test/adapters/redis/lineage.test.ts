import { describe, expect, it } from 'vitest';
import { FAILOVER_NOTICE_MS, observe, replicationOf } from '../../../src/adapters/redis/lineage.js';

const NONE = '0'.repeat(40);
const master = (id: string, online: number, formerId = NONE) => ({ id, formerId, online });

describe('the replicas that must have a value', () => {
  it('are those in step with the first master, or as many as the Sentinels know', () => {
    expect(observe(undefined, master('a', 2), 1, 0).required).toBe(2);
    expect(observe(undefined, master('a', 0), 2, 0).required).toBe(2);
  });

  it('D1 stay as many while a replica that left may have been promoted, and not longer', () => {
    const before = observe(undefined, master('a', 2), 0, 0);
    const left = observe(before, master('a', 1), 0, 1_000);
    expect(left.required).toBe(2);
    const still = observe(left, master('a', 1), 0, 1_000 + FAILOVER_NOTICE_MS - 1);
    expect(still.required).toBe(2);
    expect(observe(still, master('a', 1), 0, 1_000 + FAILOVER_NOTICE_MS).required).toBe(1);
  });

  it('are counted from the beginning when a replica is back', () => {
    const before = observe(undefined, master('a', 2), 0, 0);
    const left = observe(before, master('a', 1), 0, 1_000);
    const back = observe(left, master('a', 2), 0, 2_000);
    expect(observe(back, master('a', 1), 0, 1_000 + FAILOVER_NOTICE_MS).required).toBe(2);
  });

  it('are those in step with a replica that was promoted, as soon as it is seen', () => {
    const before = observe(undefined, master('a', 2), 2, 0);
    expect(observe(before, master('b', 0, 'a'), 2, 10).required).toBe(0);
  });

  it('D1 a master that was replaced is never trusted again', () => {
    const before = observe(undefined, master('a', 1), 1, 0);
    const promoted = observe(before, master('b', 0, 'a'), 1, 10);
    expect(() => observe(promoted, master('a', 0), 0, 20)).toThrow('replaced by one of its replicas');
    const later = observe(promoted, master('b', 1, 'a'), 1, 30);
    expect(() => observe(later, master('a', 0), 0, 40)).toThrow('replaced by one of its replicas');
  });

  it('are those of a master with other data, when Redis was restarted empty', () => {
    const before = observe(undefined, master('a', 1), 1, 0);
    expect(observe(before, master('c', 0), 0, 10).required).toBe(0);
  });
});

describe('what INFO says of replication', () => {
  const info = (...lines: string[]) => ['# Replication', ...lines, ''].join('\r\n');
  const ids = ['master_replid:a', 'master_replid2:b'];

  it('counts replicas in step, and not those that still copy', () => {
    const replicas = [
      'slave0:ip=127.0.0.1,port=1,state=online,offset=5,lag=0',
      'slave1:ip=127.0.0.1,port=2,state=wait_bgsave,offset=0,lag=0',
    ];
    const text = info('role:master', 'connected_slaves:2', ...replicas, ...ids);
    expect(replicationOf(text)).toEqual({ id: 'a', formerId: 'b', online: 1 });
  });

  it('is refused of a replica, where nothing can be written', () => {
    expect(() => replicationOf(info('role:slave', ...ids))).toThrow("the server's role is slave");
  });
});
