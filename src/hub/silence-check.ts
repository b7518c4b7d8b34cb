import { Deadline } from '../core/deadline.js';
import { offset, type Topic } from '../core/ids.js';
import type { Metrics } from '../observe/metrics.js';
import type { WarningThrottle } from '../observe/warning-throttle.js';
import type { EventLog } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';
import type { FollowedPartition } from './followed-partition.js';

interface SilenceCheckParts {
  readonly log: EventLog;
  readonly fanout: Fanout;
  readonly metrics: Metrics;
  readonly warnings: WarningThrottle;
  /** The partitions to check. */
  readonly open: () => readonly FollowedPartition[];
  readonly signal: AbortSignal;
}

const CHECK_INTERVAL_MS = 500;
/** A partition is silent when the fan-out has sent nothing for it for so long. */
const SILENT_AFTER_MS = 1_000;
const LOG_TIMEOUT_MS = 5_000;

/**
 * D6, D7: asks where silent partitions are. The chain shows a lost message when the next message or a beat arrives.
 * This check covers the case that nothing arrives any more: both beats lost as well, no relay, or no fan-out.
 */
export class SilenceCheck implements Disposable {
  readonly #parts: SilenceCheckParts;
  readonly #timer: NodeJS.Timeout;
  #checking = false;

  constructor(parts: SilenceCheckParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.#check(), CHECK_INTERVAL_MS);
  }

  async #check(): Promise<void> {
    // One check at a time: while the log is away, a check takes up to `LOG_TIMEOUT_MS` per topic.
    if (this.#checking) return;
    this.#checking = true;
    try {
      const silent = this.#parts.open().filter(({ silentForMs }) => silentForMs >= SILENT_AFTER_MS);
      if (silent.length > 0) await this.#ask(silent);
    } catch (error) {
      this.#parts.metrics.problems.inc({ kind: 'watch' });
      this.#parts.warnings.report(
        'watch',
        error,
        'neither the fan-out nor the log reports the ends of partitions; retrying',
      );
    } finally {
      this.#checking = false;
    }
  }

  /** Asks the fan-out, which is cheaper, and then the log about the partitions that the fan-out does not know (D6). */
  async #ask(silent: readonly FollowedPartition[]): Promise<void> {
    // A fan-out that fails knows nothing: the log is asked about all of them.
    const newest = await this.#parts.fanout.newest(silent.map(({ at }) => at)).catch(() => []);
    const unknown: FollowedPartition[] = [];
    for (const [i, partition] of silent.entries()) {
      const last = newest[i];
      if (last === undefined || !partition.applyNewest(last)) unknown.push(partition);
    }
    const topics = [...new Set(unknown.map(({ at }) => at.topic))];
    // A topic that cannot be asked about, such as one that is refused, keeps none of the others from being repaired.
    const outcomes = await Promise.allSettled(topics.map((topic) => this.#askLog(topic, unknown)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  async #askLog(topic: Topic, unknown: readonly FollowedPartition[]): Promise<void> {
    using deadline = new Deadline(LOG_TIMEOUT_MS);
    const signal = AbortSignal.any([this.#parts.signal, deadline.signal]);
    const bounds = await this.#parts.log.bounds(topic, signal);
    for (const partition of unknown) {
      const here = partition.at.topic === topic ? bounds[partition.at.partition] : undefined;
      if (here !== undefined) partition.repairThrough(offset(here.end - 1));
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
