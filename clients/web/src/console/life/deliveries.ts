import { counted } from '../../shared/counted';
import { nodeName } from '../../shared/node-name';
import type { FoundEvent } from './found';
import type { LifeDeliveriesQuery } from './operations';
import { moment } from './wording';

export type Deliveries = LifeDeliveriesQuery['lifeDeliveries'];
export type DeliveryStep = Deliveries['steps'][number];

/** What all nodes say of some events. Asked for in several questions, whose answers are one. */
export function merged(answers: readonly Deliveries[]): Deliveries {
  const nodes = new Map(answers.flatMap((answer) => answer.nodes.map((node) => [node.id, node] as const)));
  return {
    nodes: [...nodes.values()],
    silent: [...new Set(answers.flatMap(({ silent }) => silent))],
    unheard: answers.find(({ unheard }) => unheard !== null)?.unheard ?? null,
    steps: answers.flatMap(({ steps }) => steps),
  };
}

/** The steps about each event, found without a search for each of them. */
export class DeliveryIndex {
  readonly #byPartition = new Map<string, DeliveryStep[]>();

  constructor({ steps }: Pick<Deliveries, 'steps'>) {
    for (const step of steps) {
      const name = `${step.topic}/${step.partition}`;
      const of = this.#byPartition.get(name);
      if (of === undefined) this.#byPartition.set(name, [step]);
      else of.push(step);
    }
  }

  of({
    topic,
    partition,
    offset,
  }: Pick<FoundEvent, 'topic' | 'partition' | 'offset'>): readonly DeliveryStep[] {
    const steps = this.#byPartition.get(`${topic}/${partition}`) ?? [];
    return steps.filter(({ first, last }) => Number(first) <= offset && offset <= Number(last));
  }
}

/** How many clients took an event at once, on all nodes. */
export const clientsOf = (steps: readonly DeliveryStep[]): number =>
  steps.reduce((sum, { kind, clients }) => sum + (kind === 'SHOWN' ? (clients ?? 0) : 0), 0);

/** Whether the nodes that were given an event showed it to nobody. */
export const isFiltered = (steps: readonly DeliveryStep[]): boolean =>
  steps.some(({ kind }) => kind === 'RECEIVED') && !steps.some(({ kind }) => kind === 'SHOWN');

/** The first part of a node's id is enough to tell nodes apart. */
/** One step as a sentence. */
export function stepSentence({ node, kind, field, clients, time }: DeliveryStep, now: number): string {
  const [who, when] = [nodeName(node), moment(time, now)];
  switch (kind) {
    case 'RELAYED':
      return `Relayed from the log into the fan-out by ${who} at ${when}.`;
    case 'REPAIRED':
      return `The fan-out lost it on the way to ${who}, which read it again at ${when}: the gap is repaired.`;
    case 'RECEIVED':
      return `Filtered out on ${who} at ${when}: no subscription there shows this type, key or data.`;
    case 'SHOWN':
      return (clients ?? 0) > 0
        ? `Delivered by ${who} at ${when} to ${counted(clients ?? 0, 'client')} of ${field}.`
        : `Not live on ${who} at ${when}: all clients of ${field} were behind. They replay it.`;
  }
}

/** Why nothing is known of an event, or nothing more. */
export function silenceSentence(
  event: Pick<FoundEvent, 'at'>,
  steps: readonly DeliveryStep[],
  { nodes }: Deliveries,
  now: number,
): string | undefined {
  if (steps.some(({ kind }) => kind === 'SHOWN' || kind === 'RECEIVED')) return undefined;
  const since = Math.min(...nodes.map((node) => Date.parse(node.since)));
  if (nodes.length === 0) return 'No node has said what it did with the event.';
  if (event.at < since)
    return `What the nodes did with the event is not known: they remember what they did since ${moment(since, now)}.`;
  return 'No subscription follows this partition, so it was delivered to no client.';
}
