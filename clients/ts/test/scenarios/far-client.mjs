// A client in a process of its own, which a scenario stops, or whose clock it sets. It prints a line for each state and result.
// Arguments: URL, scenario, transport.
import { WebSocket } from 'ws';
import { createClient } from '../../dist/index.js';

const [url, scenario, over] = process.argv.slice(2);
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const client = createClient({ url, transports: [over], webSocket: WebSocket });
client.onState(({ state }) => print({ state }));
const query = 'subscription By($scenario: String!) { said: saidBy(scenario: $scenario) { text } }';
const steps = client.subscribe(query, { variables: { scenario } });
let isStarted = false;
steps.observe({
  next: ({ data, cursor, event }) => print({ text: data?.said.text, cursor, event }),
  state: () => {
    if (isStarted || steps.cursor === undefined) return;
    isStarted = true;
    print({ isStarted });
  },
  error: ({ code, message }) => print({ fault: `${code} ${message}` }),
});
