import { serve } from '../call.js';
import { now } from '../clock.js';
import type { LoadApi } from './api.js';
import { Churn } from './churn.js';
import { Connection } from './connection.js';
import { Crowd } from './crowd.js';

// The clients of one server, in a process of their own.

const shared = Connection.buffer();
let crowd: Crowd | undefined;
let churn: Churn | undefined;

function connected(): Crowd {
  if (crowd === undefined) throw new Error('No crowd is connected');
  return crowd;
}

serve<LoadApi>('load', {
  async connect(spec) {
    crowd = new Crowd(spec);
    await crowd.connect(shared);
  },
  mark: ({ latencies }) => connected().tally.mark(latencies, now()),
  received: (frames) => connected().received(frames),
  reached: () => connected().tally.reached,
  sample: () => connected().tally.sample,
  async startChurn(spec) {
    churn = new Churn(spec);
    await churn.start(shared);
  },
  async stopChurn() {
    if (churn === undefined) throw new Error('No churn is running');
    return churn.stop();
  },
  async close() {
    await crowd?.close();
    crowd = undefined;
  },
});
