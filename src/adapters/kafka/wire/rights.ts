import { assertNever } from '../../../core/errors.js';
import { topic } from '../../../core/ids.js';
import { failureOf } from './failures.js';
import type { Broker, Cluster } from './internal-types.js';
import {
  createDecoder,
  createEncoder,
  errorOfCode,
  GROUP_COORDINATOR,
  TOPIC_AUTHORIZATION_FAILED,
  TRANSACTION_COORDINATOR,
} from './internals.js';
import { hasTopicIds, requestMetadata, type TopicMetadata } from './metadata.js';
import type { Right } from './refused.js';

/** A connection that can be asked about rights. */
export interface Asked extends AsyncDisposable {
  readonly cluster: Cluster;
  anyBroker(): Promise<Broker>;
}

/** Kafka's `AclOperation`: an answer has the bit of each operation that is allowed. */
const OPERATION_CODES = { READ: 3, WRITE: 4, CREATE: 5, DESCRIBE: 8 } as const;
/** The broker does not say which operations are allowed. */
const OPERATIONS_UNKNOWN = -(2 ** 31);
const UNSUPPORTED_SASL_MECHANISM = 33;
/** No member and no producer has these. */
const NO_MEMBER = { memberId: '', groupGenerationId: -1 };
const NO_PRODUCER = { producerId: '-1', producerEpoch: -1 };

/**
 * Asks whether a right is granted now, with requests that change nothing: Kafka checks rights before anything else.
 * @param isRefusal whether an answer says that it is not granted
 * @throws when Kafka does not answer
 */
export async function isGranted(
  connection: Asked,
  right: Right,
  isRefusal: (answer: unknown) => boolean,
): Promise<boolean> {
  try {
    await ask(connection, right);
    return true;
  } catch (answer) {
    if (isRefusal(answer)) return false;
    // Any other answer of a broker comes after its check of rights.
    if (failureOf(answer).type === '') throw answer;
    return true;
  }
}

async function ask(connection: Asked, { on, name, right }: Right): Promise<void> {
  const broker = await connection.anyBroker();
  switch (on) {
    case 'topic': {
      // Before Kafka 2.8 nothing is asked: a right that is still missing is met, and told, again.
      if (!hasTopicIds(broker)) return;
      const [found] = await requestMetadata(broker, [topic(name)], true);
      assertAllowed(found, right);
      return;
    }
    case 'group': {
      const coordinator = await coordinatorOf(connection, broker, name, GROUP_COORDINATOR);
      await coordinator.heartbeat({ groupId: name, ...NO_MEMBER });
      return;
    }
    case 'transactional id': {
      const coordinator = await coordinatorOf(connection, broker, name, TRANSACTION_COORDINATOR);
      await coordinator.endTxn({ transactionalId: name, ...NO_PRODUCER, transactionResult: false });
      return;
    }
    case 'any topic':
      await broker.initProducerId({ transactionTimeout: 1_000 });
      return;
    default:
      assertNever(on);
  }
}

/** @throws what a broker answers about the topic, or would answer to a request that needs the right */
function assertAllowed(
  found: TopicMetadata | undefined,
  right: (Right & { readonly on: 'topic' })['right'],
): void {
  if (found === undefined) return;
  if (found.error !== 0) throw errorOfCode(found.error);
  if (found.operations === OPERATIONS_UNKNOWN || (found.operations >> OPERATION_CODES[right]) & 1) return;
  throw errorOfCode(TOPIC_AUTHORIZATION_FAILED);
}

/**
 * The first of these rights that Kafka does not grant now, with Kafka's answer. All topics take one request.
 * @param isRefusal whether an answer says that a right is not granted
 * @throws when Kafka does not answer
 */
export async function firstMissing(
  connection: Asked,
  rights: readonly Right[],
  isRefusal: (answer: unknown) => boolean,
): Promise<{ readonly right: Right; readonly answer: unknown } | undefined> {
  const names = new Set(rights.flatMap(({ on, name }) => (on === 'topic' ? [topic(name)] : [])));
  const broker = await connection.anyBroker();
  const found = hasTopicIds(broker) ? await requestMetadata(broker, [...names], true) : [];
  for (const right of rights) {
    try {
      if (right.on !== 'topic') await ask(connection, right);
      else
        assertAllowed(
          found.find(({ name }) => name === right.name),
          right.right,
        );
    } catch (answer) {
      if (isRefusal(answer)) return { right, answer };
      if (failureOf(answer).type === '') throw answer;
    }
  }
  return undefined;
}

async function coordinatorOf(
  { cluster }: Asked,
  broker: Broker,
  groupId: string,
  coordinatorType: number,
): Promise<Broker> {
  const { coordinator } = await broker.findGroupCoordinator({ groupId, coordinatorType });
  return cluster.findBroker(coordinator);
}

/** Whether a listener wants SASL of a client that does not use it: such a client is answered ApiVersions, and no more. */
export async function wantsSasl({ cluster }: Asked): Promise<boolean> {
  await cluster.connect();
  const encoder = createEncoder().writeString('');
  let code = 0;
  await cluster.brokerPool.seedBroker?.connectionPool.send({
    request: { apiKey: 17, apiName: 'SaslHandshake', apiVersion: 1, encode: async () => encoder },
    response: {
      decode: async (raw) => {
        code = createDecoder(raw).readInt16();
        return { clientSideThrottleTime: 0 };
      },
      parse: async (data) => data,
    },
  });
  return code === UNSUPPORTED_SASL_MECHANISM;
}
