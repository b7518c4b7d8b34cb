import { serve } from '../call.js';
import { Connection } from '../load/connection.js';
import type { FleetApi } from './api.js';
import { Fleet } from './fleet.js';

// Clients that come back, in a process of their own.

const shared = Connection.buffer();
let fleet: Fleet | undefined;

function opened(): Fleet {
  if (fleet === undefined) throw new Error('No fleet is open');
  return fleet;
}

serve<FleetApi>('fleet', {
  async open(spec) {
    fleet = new Fleet(spec, shared);
    await fleet.open();
  },
  reach: (n) => opened().reach(n),
  whole: () => opened().whole(),
  startJitter: (spec) => opened().startJitter(spec),
  stopJitter: () => opened().stopJitter(),
  report: () => opened().report(),
  sample: () => opened().sample,
  async close() {
    await fleet?.close();
    fleet = undefined;
  },
});
