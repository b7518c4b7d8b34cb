import { Command, InvalidArgumentError, Option } from 'commander';
import { millisecondsOf, parseDateTime } from '../../core/date-time.js';
import { ResourceStack } from '../../core/resource-stack.js';
import { MAX_NAME_CHARACTERS, type Revocation } from '../../core/revocation.js';
import { authenticates } from '../../node/authentication.js';
import { openRevocationLog } from '../../node/backends.js';
import { load } from '../load.js';
import { UserError } from '../user-error.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
const NOW = 'now';

interface RevokeOptions {
  readonly subject?: string;
  readonly id?: string;
  readonly issuedBefore?: number;
  readonly until?: number;
}

export function revokeCommand(): Command {
  return new Command('revoke')
    .description('refuse credentials from now on, and end what runs with them, on every node')
    .addOption(new Option('--id <jti>', 'those with this `jti` claim').conflicts(['subject', 'issuedBefore']))
    .option('--subject <sub>', 'those with this `sub` claim')
    .option(
      '--issued-before <time>',
      "only those of the subject with an earlier `iat` claim: a time such as 2026-01-31T09:30:00Z, or 'now'",
      timeOf,
    )
    .option(
      '--until <time>',
      'when the last of them expire, so that the revocation is needed no longer (default: in 24 hours)',
      timeOf,
    )
    .action(revoke);
}

async function revoke(options: RevokeOptions): Promise<void> {
  const revocation = revocationOf(options);
  await using parts = new ResourceStack();
  const loaded = await load();
  const log = await openRevocationLog(loaded, () => undefined, parts);
  await log.add(revocation);
  const until = new Date(revocation.until).toISOString();
  const what = 'id' in revocation ? `the id ${revocation.id}` : `the subject ${revocation.subject}`;
  process.stdout.write(`Revoked until ${until}: credentials with ${what}.\n`);
  if (!authenticates(loaded.config, loaded.project))
    process.stderr.write(
      'millrace: Gateways with these settings know no credentials, so this ends nothing on them: neither JWT_SECRET, JWT_JWKS_URL nor authenticate in millrace.config.ts is set. Check that NAMESPACE and REDIS_URL are those of the gateways.\n',
    );
}

function revocationOf({ id, subject, issuedBefore, until = Date.now() + DAY_MS }: RevokeOptions): Revocation {
  if (until <= Date.now())
    throw new UserError('--until is in the past: there would be nothing to revoke.', 2);
  const name = id ?? subject;
  if (name === undefined) throw new UserError('Give --subject or --id.', 2);
  if (name === '' || name.length > MAX_NAME_CHARACTERS)
    throw new UserError(`The subject or id must have 1 to ${MAX_NAME_CHARACTERS} characters.`, 2);
  return id === undefined ? { subject: name, issuedBefore, until } : { id, until };
}

function timeOf(text: string): number {
  if (text === NOW) return Date.now();
  const instant = parseDateTime(text);
  if (instant === undefined) throw new InvalidArgumentError('Expected a time such as 2026-01-31T09:30:00Z.');
  return millisecondsOf(instant);
}
