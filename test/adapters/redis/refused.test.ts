import { describe, expect, it } from 'vitest';
import { ofSentinel, refusedBy } from '../../../src/adapters/redis/refused.js';
import { type RedisServer, redisAt } from '../../../src/adapters/redis/server.js';

const SERVER: RedisServer = { ...redisAt('rediss://redis.example:6380'), username: 'carrier' };
const coded = (code: string, message = 'handshake failed') => Object.assign(new Error(message), { code });

describe('what Redis refuses for good', () => {
  it.each([
    [new Error('WRONGPASS invalid username-password pair or user is disabled.'), 'authentication'],
    [new Error('Ready check failed: NOAUTH Authentication required.'), 'authentication'],
    [
      new Error(
        'All sentinels are unreachable. Retrying from scratch after 50ms. Last error: WRONGPASS invalid',
      ),
      'authentication',
    ],
    [new Error("NOPERM this user has no permissions to run the 'evalsha' command"), 'authorization'],
    [
      new Error("ERR The user executing the script can't run this command or subcommand script: 1f"),
      'authorization',
    ],
    [
      new Error("ERR ACL failure in script: The user executing the script can't publish to the channel"),
      'authorization',
    ],
    [coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'certificate'],
    [coded('CERT_HAS_EXPIRED'), 'certificate'],
    [coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'certificate'],
    [coded('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), 'certificate'],
    [coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'protocol'],
    [new Error("ERR unknown command 'SSUBSCRIBE', with args beginning with: "), 'protocol'],
  ])('is told in one sentence with the address: %s', (error, kind) => {
    const refused = refusedBy(error, SERVER);
    expect(refused?.kind).toBe(kind);
    expect(refused?.sentence).toContain('Redis at redis.example:6380');
  });

  it.each([
    new Error('Connection is closed.'),
    coded('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:6379'),
    new Error('LOADING Redis is loading the dataset in memory'),
    new Error('READONLY You can not write against a read only replica.'),
    new Error('NOREPLICAS Not enough good replicas to write.'),
  ])('is not what passes by itself: %s', (error) => {
    expect(refusedBy(error, SERVER)).toBeUndefined();
  });

  it('names the user and the settings of Sentinels when they refuse it', () => {
    const server: RedisServer = {
      topology: { kind: 'sentinel', sentinels: ['s:26379'], master: 'm', username: 'watcher' },
      username: 'carrier',
    };
    expect(refusedBy(ofSentinel(new Error('WRONGPASS invalid')), server)?.sentence).toMatch(
      /refuses the password of the user watcher\. Check REDIS_SENTINEL_USERNAME/,
    );
    expect(refusedBy(new Error('WRONGPASS invalid'), server)?.sentence).toMatch(
      /refuses the password of the user carrier\. Check REDIS_USERNAME/,
    );
    expect(refusedBy(ofSentinel(coded('CERT_HAS_EXPIRED')), server)?.kind).toBe('certificate');
  });

  it('names the user of the settings, or of the URL, or the default one', () => {
    const denied = new Error("NOPERM this user has no permissions to run the 'xadd' command");
    const sentence = (server: RedisServer) => refusedBy(denied, server)?.sentence;
    expect(sentence(SERVER)).toContain('does not allow the user carrier the command XADD');
    expect(sentence(redisAt('redis://ada:secret@127.0.0.1:6379'))).toContain('the user ada the command');
    expect(sentence(redisAt('redis://ada:secret@127.0.0.1:6379'))).not.toContain('secret');
    expect(sentence(redisAt('redis://127.0.0.1:6379'))).toContain('the user default the command');
  });
});
