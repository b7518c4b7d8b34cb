// `npm run test:kafkas [-- <version>… <vitest's arguments>]` runs the tests on a real Kafka again, on the older releases that
// Millrace supports. It starts brokers of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onEarlyEnd } from './services/child.mjs';
import { KAFKA_VERSIONS } from './services/kafka-jars.mjs';

const given = process.argv.slice(2);
const versions = given.filter((argument) => /^\d+\.\d+\.\d+$/.test(argument));
const args = given.filter((argument) => !versions.includes(argument));
const { KAFKA_BROKERS: _brokers, KAFKA_LIBS: _libs, ...env } = process.env;

for (const version of versions.length > 0 ? versions : KAFKA_VERSIONS.slice(1)) {
  console.log(`Kafka ${version}`);
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'test.mjs'), '--project=live', '--project=faults', ...args],
    {
      env: { ...env, KAFKA_VERSION: version },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  const forget = onEarlyEnd(() => child.kill());
  const [code] = await once(child, 'exit');
  forget();
  if (code !== 0) process.exitCode = 1;
}
