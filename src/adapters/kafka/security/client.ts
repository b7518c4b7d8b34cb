import { assertNever } from '../../../core/errors.js';
import type { KafkaClient } from '../wire/refused.js';
import type { KafkaSecurity, SaslSettings } from './security.js';

/** Who this process is to Kafka, as sentences about refusals name it. */
export function clientOf({ tls, sasl }: KafkaSecurity = {}): KafkaClient {
  return { tls: tls !== undefined, ...(sasl === undefined ? NOBODY : nameOf(sasl)) };
}

/** The name that Kafka sees is in a certificate or a token, if there is one: only the broker knows how it reads that. */
const NOBODY = { name: 'This client', mechanism: undefined };

function nameOf(sasl: SaslSettings): Pick<KafkaClient, 'name' | 'mechanism'> {
  switch (sasl.kind) {
    case 'password':
      return { name: `User ${sasl.username}`, mechanism: sasl.mechanism };
    case 'client-credentials':
      return { name: `Client ${sasl.grant.clientId}`, mechanism: 'OAUTHBEARER' };
    case 'own':
      return { ...NOBODY, mechanism: sasl.mechanism.name };
    case 'token':
    case 'msk-iam':
      return { ...NOBODY, mechanism: 'OAUTHBEARER' };
    default:
      return assertNever(sasl);
  }
}
