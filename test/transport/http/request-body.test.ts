import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { RequestAborted, readBody } from '../../../src/transport/http/request-body.js';

const request = () => new IncomingMessage(new Socket());

describe('readBody', () => {
  it('joins the chunks of a body up to the limit', async () => {
    const message = request();
    const body = readBody(message, 6);
    for (const chunk of ['abc', 'def', null]) message.push(chunk === null ? null : Buffer.from(chunk));
    expect((await body).toString()).toBe('abcdef');
  });

  it('S4 rejects with LIMIT_EXCEEDED at the first byte above the limit', async () => {
    const message = request();
    const body = readBody(message, 5);
    for (const chunk of ['abc', 'def']) message.push(Buffer.from(chunk));
    await expect(body).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('rejects with RequestAborted when the client leaves, during the call or before it', async () => {
    const leaving = request();
    const body = readBody(leaving, 5);
    leaving.destroy();
    await expect(body).rejects.toThrow(RequestAborted);
    await expect(readBody(leaving, 5)).rejects.toThrow(RequestAborted);
  });
});
