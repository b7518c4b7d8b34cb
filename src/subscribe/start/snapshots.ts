import { execute, type GraphQLSchema } from 'graphql';
import { dataField } from '../../binding/runtime/data-field.js';
import { selectStateField } from '../../binding/runtime/read-view.js';
import type { CursorCodec, Positions, StreamPosition } from '../../core/cursor.js';
import { MillraceError } from '../../core/errors.js';
import { stringifyJson } from '../../core/exact-json.js';
import type { Partition, Topic } from '../../core/ids.js';
import { type KeyPlacement, partitionsOf } from '../../core/partitioner.js';
import type { ObservedTopic } from '../../hub/topic-watch.js';
import { type SharedResult, sharedResult, snapshotHead } from '../delivery/result-layout.js';
import type { Plan } from '../plan/plan.js';
import type { Elsewhere } from './start-positions.js';

/** Reads states: the project's views (`views/views.ts`). */
export interface SnapshotSource {
  /** @throws {MillraceError} VIEW_BEHIND */
  snapshot(
    view: string,
    key: string,
    of: Topic,
    numbers: readonly Partition[],
  ): Promise<{ readonly state: unknown; readonly position: StreamPosition }>;
}

/** The state that a subscription begins with. */
interface Snapshot {
  readonly position: StreamPosition;
  readonly elsewhere: Elsewhere;
  /** `undefined` when there is nothing to show. */
  readonly result: SharedResult | undefined;
}

interface SnapshotsOptions {
  readonly schema: GraphQLSchema;
  readonly codec: CursorCodec;
  readonly source: SnapshotSource | undefined;
}

/** The state that a subscription begins with (`snapshot: true`), and the position that it includes (D3). */
export class Snapshots {
  readonly #options: SnapshotsOptions;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /**
   * @param placement of the key that is followed
   * @returns the position of the state, and the result that shows it: none if there is no state and the field
   *   is not nullable
   * @throws {MillraceError} BAD_REQUEST, VIEW_BEHIND
   */
  async of(
    plan: Plan,
    placement: KeyPlacement | undefined,
    { partitions }: ObservedTopic,
  ): Promise<Snapshot> {
    const { binding, args, identity } = plan;
    const { view } = binding;
    const { source, codec } = this.#options;
    if (view === undefined || source === undefined) {
      throw new MillraceError('BAD_REQUEST', `${binding.field} has no view: leave out \`snapshot\`.`);
    }
    const { claims } = identity;
    const viewKey = view.key({ args, claims });
    // The position in every partition, also in those that are not followed: the state includes events of those too.
    const all = partitionsOf(undefined, partitions);
    const snapshot = await source.snapshot(view.name, viewKey, binding.topic, all);
    const { positions } = snapshot.position;
    const position = {
      ...snapshot.position,
      positions: selected(positions, partitionsOf(placement, partitions)),
    };
    const elsewhere: Elsewhere = { partitions, start: { from: 'positions', positions } };
    const { state } = snapshot;
    const data = await this.#execute(plan, this.#visible(plan, selectStateField(state, view.stateField)));
    if (data === undefined) return { position, elsewhere, result: undefined };
    return {
      position,
      elsewhere,
      result: sharedResult(snapshotHead(data), codec.position(binding.topic, position)),
    };
  }

  /** S1: the field's rule decides on the state as it does on an event. */
  #visible({ binding, args, identity }: Plan, state: unknown): Readonly<Record<string, unknown>> | null {
    if (typeof state !== 'object' || state === null) return null;
    // Plain JSON. A copy, because expressions convert an object once: a view may change its state in place.
    const event: Readonly<Record<string, unknown>> = { ...state };
    const { rule, view } = binding;
    if (rule?.readsEvent === true && !rule.allows({ args, claims: identity.claims, event })) return null;
    return view?.type === undefined ? event : { ...event, __typename: view.type };
  }

  /** @returns JSON; `undefined`: there is no state, and the field is not nullable */
  async #execute(plan: Plan, state: unknown): Promise<string | undefined> {
    const { binding, document, variables, identity } = plan;
    const result = await execute({
      schema: this.#options.schema,
      document,
      fieldResolver: dataField,
      variableValues: variables,
      rootValue: { [binding.field]: state },
      contextValue: { variables, identity },
    });
    if (result.errors === undefined) return stringifyJson(result.data);
    if (state === null) return undefined;
    throw new Error(`Executing the snapshot of ${binding.field} failed: ${result.errors[0]?.message}`);
  }
}

function selected(positions: Positions, numbers: readonly Partition[]): Positions {
  return new Map([...positions].filter(([number]) => numbers.includes(number)));
}
