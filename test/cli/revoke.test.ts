import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { revokeCommand } from '../../src/cli/commands/revoke.js';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { run } from '../support/run.js';
import { RawClient } from '../transport/serve.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const JWT_SECRET = 'a secret of the tests, long enough for HMAC';
const SCHEMA = { 'schema/a.graphql': 'type Query { ok: Boolean }' };

const token = (sub: string, iat: number): Promise<string> =>
  new SignJWT({ sub })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt(iat)
    .sign(new TextEncoder().encode(JWT_SECRET));

describe('millrace revoke', () => {
  it('S2 ends the connections of a running gateway without Redis, and only those of the credentials that it names', async () => {
    await using folder = await folderOf(SCHEMA);
    const env = { JWT_SECRET };
    await using gateway = await startProcess(['start'], { cwd: folder.path, env });
    const now = Math.floor(Date.now() / 1_000);
    const open = async (sub: string, iat: number) =>
      RawClient.acknowledged(`${gateway.url.replace('http', 'ws')}/graphql`, {
        token: await token(sub, iat),
      });
    const [before, after, other] = [
      await open('ada', now - 60),
      await open('ada', now + 60),
      await open('bob', now - 60),
    ];
    const args = ['revoke', '--subject', 'ada', '--issued-before', 'now', '--until', '2100-01-01T00:00:00Z'];
    expect(await run(process.execPath, [MAIN, ...args], { cwd: folder.path, env })).toEqual({
      code: 0,
      stdout: 'Revoked until 2100-01-01T00:00:00.000Z: credentials with the subject ada.\n',
      stderr: '',
    });
    expect(await before.closed).toEqual({ code: 4403, reason: 'Credentials revoked' });
    for (const { socket } of [after, other]) expect(socket.readyState).toBe(socket.OPEN);
  });

  it('warns when nothing verifies credentials with its settings', async () => {
    await using folder = await folderOf(SCHEMA);
    const { code, stderr } = await run(process.execPath, [MAIN, 'revoke', '--id', 'a'], { cwd: folder.path });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('know no credentials') });
  });

  it.each([
    [[], /Give --subject or --id/],
    [['--id', ''], /must have 1 to 1024 characters/],
    [['--id', 'a', '--subject', 'b'], /cannot be used with/],
    [['--id', 'a', '--until', 'tomorrow'], /Expected a time such as/],
    [['--id', 'a', '--until', '2000-01-01T00:00:00Z'], /--until is in the past/],
  ])('refuses the options %j, and revokes nothing', async (args, message) => {
    const command = revokeCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    await expect(command.parseAsync(args, { from: 'user' })).rejects.toThrow(message);
  });
});
