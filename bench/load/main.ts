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

function present(): Crowd {
  if (crowd === undefined) throw new Error('Nobody is connected');
  return crowd;
}

serve<LoadApi>('load', {
  async connect(spec) {
    crowd = new Crowd(spec);
    await crowd.connect(shared);
  },
  mark: ({ latencies }) => present().tally.mark(latencies, now()),
  received: (frames) => present().received(frames),
  reached: () => present().tally.reached,
  sample: () => present().tally.sample,
  async startChurn(spec) {
    churn = new Churn(spec);
    await churn.start(shared);
  },
  async stopChurn() {
    if (churn === undefined) throw new Error('Nothing churns');
    return churn.stop();
  },
  async close() {
    await crowd?.close();
    crowd = undefined;
  },
});
