import { describe, expect, it } from 'vitest';
import { tlsOptions } from '../../../../src/adapters/kafka/security/tls.js';

describe('the options of a TLS connection', () => {
  it('name the host, unless it is an IP address, which SNI does not have', () => {
    expect(tlsOptions({}, 'kafka.example')).toEqual({ servername: 'kafka.example' });
    expect(tlsOptions({}, '127.0.0.1')).toEqual({});
    expect(tlsOptions({}, '2001:db8::1')).toEqual({});
    expect(tlsOptions({ serverName: 'kafka.example' }, '127.0.0.1')).toEqual({ servername: 'kafka.example' });
  });

  it('have the certificates and keys of this moment', () => {
    let rotated = 0;
    const current = () => `no. ${++rotated}`;
    expect(tlsOptions({ certificate: current, key: current }, 'a')).toMatchObject({
      cert: 'no. 1',
      key: 'no. 2',
    });
    expect(tlsOptions({ certificate: current, key: current }, 'a')).toMatchObject({
      cert: 'no. 3',
      key: 'no. 4',
    });
  });
});
