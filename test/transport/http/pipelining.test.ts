import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Turns } from '../../../src/transport/delivery/turns.js';
import { RequestTurns } from '../../../src/transport/http/request-turns.js';
import { type Served, type ServeOptions, serve, WAIT } from '../serve.js';

function post(query: string, accept = 'application/json'): string {
  const body = JSON.stringify({ query });
  const head = `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: ${accept}`;
  return `${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

async function send(
  { server }: Served,
  ...requests: string[]
): Promise<{ socket: Socket; text: () => string }> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part;
  });
  await once(socket, 'connect');
  socket.write(requests.join(''));
  return { socket, text: () => text };
}

/** A server whose operations do not answer until `open` is called. */
async function gated(options: ServeOptions = {}) {
  const served = await serve(options);
  let open = (): void => undefined;
  served.operations.gate = new Promise((resolve) => {
    open = resolve;
  });
  return { ...served, open };
}

const ran = ({ operations }: Served): string[] => operations.ran.map(({ request }) => request.query);

describe('a client that pipelines its requests', () => {
  it('S4 leaves no connection in use when it leaves before its answers', async () => {
    const served = await gated({ limits: { connections: 3 } });
    for (let client = 0; client < 3; client++) {
      const before = ran(served).length;
      const { socket } = await send(served, ...Array.from({ length: 3 }, () => post('{ x }')));
      await vi.waitFor(() => expect(ran(served).length).toBeGreaterThan(before), WAIT);
      socket.destroy();
      await vi.waitFor(() => expect(served.operations.ran.at(-1)?.caller.signal.aborted).toBe(true), WAIT);
    }
    served.open();
    for (let client = 0; client < 3; client++) {
      const { text } = await send(served, post('{ x }'));
      await vi.waitFor(() => expect(text()).toContain('{"data":{"ran":"query"}}'), WAIT);
    }
  });

  it('S4 leaves no subscription running when it leaves', async () => {
    const served = await serve();
    const streams = ['a', 'b', 'c'].map((name) => post(`subscription ${name} { n }`, 'text/event-stream'));
    const { socket } = await send(served, ...streams);
    await vi.waitFor(() => expect(served.operations.subscriptions).not.toHaveLength(0), WAIT);
    socket.destroy();
    await vi.waitFor(() => {
      expect(served.server.connections.sse).toBe(0);
      for (const { closed } of served.operations.subscriptions) expect(closed).toBe(true);
    }, WAIT);
  });

  it('has its mutations run one after the other, and those that wait when it leaves do not run', async () => {
    const served = await gated();
    const names = ['a', 'b', 'c', 'd'].map((name) => `mutation ${name} { x }`);
    const { socket, text } = await send(served, ...names.map((query) => post(query)));
    await vi.waitFor(() => expect(ran(served)).not.toHaveLength(0), WAIT);
    // Whatever was read with the first request would have begun by now.
    const other = await send(served, 'GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n');
    await vi.waitFor(() => expect(other.text()).toContain('404'), WAIT);
    expect(ran(served)).toEqual(names.slice(0, 1));
    served.open();
    await vi.waitFor(() => expect(text().split('"ran":"mutation"')).toHaveLength(names.length + 1), WAIT);
    expect(ran(served)).toEqual(names);

    const again = await gated();
    const left = await send(again, ...names.map((query) => post(query)));
    await vi.waitFor(() => expect(ran(again)).not.toHaveLength(0), WAIT);
    left.socket.destroy();
    await vi.waitFor(() => expect(again.operations.ran[0]?.caller.signal.aborted).toBe(true), WAIT);
    again.open();
    const last = await send(again, post('{ last }'));
    await vi.waitFor(() => expect(last.text()).toContain('"ran"'), WAIT);
    expect(ran(again)).toEqual([names[0], '{ last }']);
    socket.destroy();
  });

  it('gets no further answer on a connection that the server closes after an answer', async () => {
    const served = await serve({ limits: { bodyBytes: 100 } });
    const long = post(`{ x } # ${'x'.repeat(200)}`);
    const { socket, text } = await send(served, long, post('mutation { x }'));
    await once(socket, 'close');
    expect(text()).toMatch(/^HTTP\/1\.1 413 /);
    expect(ran(served)).toEqual([]);
  });
});

describe('a request that waits for its turn', () => {
  it('S4 is not handled when its client has left meanwhile', async () => {
    let time = 0;
    const turns = new Turns(() => time);
    const socket = new EventEmitter() as Socket;
    const handled: string[] = [];
    const receive = new RequestTurns(turns).inTurns(async (request) => {
      handled.push(request.url ?? '');
      time += 5; // More than a turn.
    });
    const request = (url: string): ServerResponse => {
      // What the class under test reads of both.
      const response = Object.assign(new EventEmitter(), { socket, destroyed: false });
      receive({ socket, url } as IncomingMessage, response as unknown as ServerResponse);
      return response as unknown as ServerResponse;
    };
    request('/first').emit('close');
    const second = request('/second');
    Object.assign(second, { destroyed: true }).emit('close');
    request('/third');
    await vi.waitFor(() => expect(handled).toContain('/third'), WAIT);
    expect(handled).toEqual(['/first', '/third']);
  });
});
