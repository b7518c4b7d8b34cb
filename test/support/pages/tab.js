import { createClient, localStore, memoryStore } from 'millrace-client';

/** A page that follows events as its address says, and reports each one to the test before it counts as handled. */
const options = new URLSearchParams(location.search);
const tab = options.get('tab');
const stores = { memory: memoryStore, local: () => localStore(`tab-${tab}`) };

const client = createClient({
  url: options.get('url'),
  share: options.get('share') !== 'no',
  store: stores[options.get('store') ?? 'memory'](),
  ...(options.get('token') && { credentials: () => options.get('token') }),
});
client.onState((state) => report('connection', state));
const steps = client.subscribe('subscription Said { said { text } }', { key: 'said' });
steps.observe({
  next: async ({ data, event, cursor }) => {
    await report('event', { ...event, cursor, text: data?.said?.text });
    const item = document.createElement('li');
    item.textContent = data?.said?.text ?? 'nothing';
    document.querySelector('#events')?.append(item);
  },
  state: (state) => {
    document.querySelector('#state').textContent = state.state;
    report('state', state.state === 'ended' ? { state: 'ended', reason: String(state.reason) } : state);
  },
});
Object.assign(globalThis, { client, steps });

function report(what, value) {
  return globalThis.report({ tab, what, value: JSON.parse(JSON.stringify(value)) });
}
