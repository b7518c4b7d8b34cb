import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'D2 D3 a changed password: open connections live on, and new ones are made once the file has the new password',
    guard: 'the file of a secret is read again for each connection',
    file: 'src/node/config/read-variable.ts',
    find: 'variable.reread === true && value !== undefined ? read : value;',
    replace: 'variable.reread === true && value !== undefined ? () => value : value;',
  },
  {
    case: 'D2 D3 a certificate of the client that expires: open connections live on, and new ones are made once its file has a new one',
    guard: 'the options of TLS are read again for each connection',
    file: 'src/adapters/kafka/kafka.ts',
    find: 'this.#sockets = new Sockets(tls && ((host) => tlsOptions(tls, host)));',
    replace:
      "const fixed = tls && tlsOptions(tls, '127.0.0.1'); this.#sockets = new Sockets(fixed && (() => fixed));",
  },
  {
    case: 'D2 D3 a certificate of the brokers that expires: open connections live on, and new ones are made once it is renewed',
    guard: 'a certificate that has expired is told, and is not a failure that ends the process',
    file: 'src/adapters/kafka/wire/refused.ts',
    find: "['CERT_HAS_EXPIRED', 'has expired. Renew it on the broker'],",
    replace: '',
  },
  {
    case: 'D2 D3 connections log in again in time under load: no mutation fails and no event is lost',
    guard: 'a connection logs in again a part of the session before its end, not a fixed time',
    file: 'src/adapters/kafka/wire/broker-connections.ts',
    find: 'followSessionLifetime(connection);',
    replace: '',
    // kafkajs then logs in again at a time when the broker does not expect it.
    shows: /relay ended with 1 before it ran/,
  },
];
