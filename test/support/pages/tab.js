import { createClient, localStore, memoryStore } from 'millrace-client';
import { idbStore } from 'millrace-client/indexed-db';

/** A page that follows events as its address says, and reports each one to the test before it counts as handled. */
const options = new URLSearchParams(location.search);
const tab = options.get('tab');
const stores = {
  memory: memoryStore,
  local: () => localStore(`tab-${tab}`),
  idb: () => idbStore(`tab-${tab}`),
};
const field = options.get('field') ?? 'said';
const token = options.get('token');

// As in browsers that have none.
if (options.get('workers') === 'absent') delete globalThis.SharedWorker;
// Shows which tab leads.
const request = navigator.locks.request.bind(navigator.locks);
navigator.locks.request = (name, how, callback) =>
  request(name, how, (lock) => {
    if (lock !== null && name.endsWith(' leader')) globalThis.leads = true;
    return callback(lock);
  });

const client = createClient({
  url: options.get('url'),
  share: options.get('share') !== 'no',
  store: stores[options.get('store') ?? 'memory'](),
  ...(token && { credentials: () => (token === 'issued' ? globalThis.issue() : token) }),
});
client.onState((state) => report('connection', state));
const steps = client.subscribe(`subscription Events { ${field} { text } }`, { key: 'events' });
steps.observe({
  next: async ({ data, event, cursor }) => {
    await report('event', { ...event, cursor, text: data?.[field]?.text });
    const item = document.createElement('li');
    item.textContent = data?.[field]?.text?.slice(0, 60) ?? 'nothing';
    document.querySelector('#events').append(item);
  },
  state: (state) => {
    document.querySelector('#state').textContent = state.state;
    report('state', state.state === 'ended' ? { state: 'ended', reason: String(state.reason) } : state);
  },
});
addEventListener('pageshow', ({ persisted }) => persisted && report('restored', {}));
Object.assign(globalThis, { client, steps, idbStore, createClient });

function report(what, value) {
  return globalThis.report({ tab, what, value: JSON.parse(JSON.stringify(value)) });
}
