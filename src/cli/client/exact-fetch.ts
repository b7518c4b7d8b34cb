import { marked, unmarked } from './exact-numbers.js';

/** `fetch` that sends and receives integers beyond 2^53 with all their digits, marked in between (`exact-numbers.ts`). */
export const exactFetch: typeof fetch = async (url, init) => {
  const body = init?.body;
  const exact = typeof body === 'string' ? { ...init, body: unmarked(body) } : init;
  const response = await fetch(url, exact);
  const { status, statusText, headers } = response;
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (response.body === null || (isStream && !response.ok)) return response;
  const text = isStream ? response.body.pipeThrough(markedEvents()) : marked(await response.text());
  return new Response(text, { status, statusText, headers });
};

/** The data of an event stream, marked, line by line. */
function markedEvents(): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let rest: string[] = [];
  return new TransformStream({
    transform(chunk, controller) {
      const piece = decoder.decode(chunk, { stream: true });
      const end = piece.lastIndexOf('\n') + 1;
      rest.push(end === 0 ? piece : piece.slice(0, end));
      if (end === 0) return;
      const lines = rest.join('').split('\n');
      rest = [piece.slice(end)];
      const exact = lines.map((line) => (line.startsWith('data') ? marked(line) : line));
      controller.enqueue(encoder.encode(exact.join('\n')));
    },
  });
}
