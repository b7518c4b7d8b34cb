import { pause, withSignal } from '../../../core/async.js';
import type { OnProblem } from '../../../ports/problem.js';
import { failureOf } from '../wire/failures.js';
import type { Cluster, ConsumerGroup } from '../wire/internal-types.js';
import { isGenerationError, type Membership } from './group-offsets.js';

const MAX_INTERVAL_MS = 1_000;
const HEARTBEATS_PER_SESSION = 10;

interface HeartbeatOptions {
  readonly cluster: Cluster;
  readonly membership: Membership;
  readonly sessionTimeoutMs: number;
  readonly onProblem: OnProblem;
}

/**
 * Sends heartbeats until `signal` is aborted, and looks for a new coordinator when one fails. kafkajs's own
 * heartbeat is not used: it measures by the wall clock, and stops for as long as that is set back.
 * @throws what ends the generation: the group rebalances, or no heartbeat succeeded for a whole session, after which
 *   other members have the partitions
 */
export async function sendHeartbeats(
  consumerGroup: ConsumerGroup,
  { cluster, membership, sessionTimeoutMs, onProblem }: HeartbeatOptions,
  signal: AbortSignal,
): Promise<void> {
  const { groupId } = membership;
  const intervalMs = Math.min(MAX_INTERVAL_MS, sessionTimeoutMs / HEARTBEATS_PER_SESSION);
  const send = async (): Promise<void> => {
    if (consumerGroup.coordinator === null)
      throw new Error(`Group ${groupId} was joined without a coordinator`);
    await consumerGroup.coordinator.heartbeat(membership);
  };
  const findCoordinator = async (): Promise<void> => {
    try {
      const found = cluster.findGroupCoordinator({ groupId });
      consumerGroup.coordinator = await withSignal(found, signal);
    } catch (cause) {
      const message = `The coordinator of group ${groupId} cannot be reached: ${failureOf(cause).message}`;
      if (!signal.aborted) onProblem({ kind: 'group', message, cause });
    }
  };
  let lastSuccess = performance.now();
  for (;;) {
    await pause(intervalMs, signal);
    if (signal.aborted) return;
    try {
      await withSignal(send(), signal);
      lastSuccess = performance.now();
    } catch (error) {
      const { type, retriable } = failureOf(error);
      const expired = performance.now() - lastSuccess > sessionTimeoutMs;
      if (signal.aborted || isGenerationError(type) || !retriable || expired) throw error;
      await findCoordinator();
    }
  }
}
