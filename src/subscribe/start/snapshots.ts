import { execute, type GraphQLSchema } from 'graphql';
import { dataField } from '../../binding/runtime/data-field.js';
import { selectStateField } from '../../binding/runtime/read-view.js';
import type { CursorCodec, StreamPosition } from '../../core/cursor.js';
import { MillraceError } from '../../core/errors.js';
import { stringifyJson } from '../../core/exact-json.js';
import type { Partition, Topic } from '../../core/ids.js';
import { partitionsOf } from '../../core/partitioner.js';
import type { Hub } from '../../hub/hub.js';
import type { ObservedTopic } from '../../hub/topic-watch.js';
import { type SharedResult, sharedResult, snapshotHead } from '../delivery/result-layout.js';
import type { Plan } from '../plan/plan.js';

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

interface SnapshotsOptions {
  readonly schema: GraphQLSchema;
  readonly hub: Pick<Hub, 'placementOf'>;
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
   * @returns the position of the state, and the result that shows it: none if there is no state and the field
   *   is not nullable
   * @throws {MillraceError} BAD_REQUEST, VIEW_BEHIND
   */
  async of(
    plan: Plan,
    key: string | undefined,
    { partitions }: ObservedTopic,
  ): Promise<{ readonly position: StreamPosition; readonly result: SharedResult | undefined }> {
    const { binding, args, identity } = plan;
    const { view } = binding;
    const { hub, source, codec } = this.#options;
    if (view === undefined || source === undefined) {
      throw new MillraceError('BAD_REQUEST', `${binding.field} has no view: leave out \`snapshot\`.`);
    }
    const { claims } = identity;
    const followed = partitionsOf(hub.placementOf(binding.topic, key), partitions);
    const viewKey = view.key({ args, claims });
    const { state, position } = await source.snapshot(view.name, viewKey, binding.topic, followed);
    const data = await this.#execute(plan, this.#visible(plan, selectStateField(state, view.stateField)));
    if (data === undefined) return { position, result: undefined };
    return { position, result: sharedResult(snapshotHead(data), codec.position(binding.topic, position)) };
  }

  /** S1: the field's rule decides on the state as it does on an event. */
  #visible({ binding, args, identity }: Plan, state: unknown): Readonly<Record<string, unknown>> | null {
    if (typeof state !== 'object' || state === null) return null;
    const event = state as Readonly<Record<string, unknown>>; // Plain JSON.
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
