import type { Child } from '../child.js';
import { type Stage, socketOf } from '../stage.js';
import type { FleetApi, FleetReport, FleetSpec, JitterSpec } from './api.js';

/** The subscription of every client, which resumes after its cursor. */
const QUERY = 'subscription($room: ID!, $after: Cursor) { saidIn(room: $room, after: $after) { n at text } }';

/** Clients that come back, in several processes, because one may open only so many files. Disposing disconnects them. */
export class Fleets implements AsyncDisposable {
  readonly children: readonly Child[];

  private constructor(children: readonly Child[]) {
    this.children = children;
  }

  /** @param urls of the nodes, HTTP @param count how many clients, over all processes */
  static async open(
    stage: Stage,
    urls: readonly string[],
    { room, count, processes }: { room: string; count: number; processes: number },
  ): Promise<Fleets> {
    const children = Array.from({ length: processes }, (_, i) =>
      stage.child(`clients ${i}`, './sockets/main.js'),
    );
    const spec = (i: number): FleetSpec => ({
      urls: urls.map(socketOf),
      query: QUERY,
      room,
      count: Math.floor(count / processes) + (i < count % processes ? 1 : 0),
    });
    await Promise.all(children.map((child, i) => child.call<FleetApi, 'open'>('fleet', 'open', spec(i))));
    return new Fleets(children);
  }

  /** Resolves once every client has the event with this number. */
  async reach(n: number): Promise<void> {
    await Promise.all(this.children.map((child) => child.call<FleetApi, 'reach'>('fleet', 'reach', n)));
  }

  /** Resolves once every client is connected again. */
  async whole(): Promise<void> {
    await Promise.all(
      this.children.map((child) => child.call<FleetApi, 'whole'>('fleet', 'whole', undefined)),
    );
  }

  async startJitter(spec: JitterSpec): Promise<void> {
    for (const child of this.children)
      await child.call<FleetApi, 'startJitter'>('fleet', 'startJitter', spec);
  }

  async stopJitter(): Promise<void> {
    for (const child of this.children)
      await child.call<FleetApi, 'stopJitter'>('fleet', 'stopJitter', undefined);
  }

  /** @throws when a client received something wrong */
  async reports(): Promise<readonly FleetReport[]> {
    const reports = await Promise.all(
      this.children.map((child) => child.call<FleetApi, 'report'>('fleet', 'report', undefined)),
    );
    const faults = reports.flatMap((report) => report.faults);
    if (faults.length > 0) throw new Error(`Clients received something wrong: ${faults.join('; ')}`);
    return reports;
  }

  async sample(): Promise<string> {
    const [first] = this.children;
    return (await first?.call<FleetApi, 'sample'>('fleet', 'sample', undefined)) ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.children.map(async (child) => {
        await child.call<FleetApi, 'close'>('fleet', 'close', undefined);
        await child[Symbol.asyncDispose]();
      }),
    );
  }
}
