import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';
import { goProgram } from './compiled-programs.mjs';
import { javaPeers } from './java-peers.mjs';
import { cacheFolder, made, onPath } from './machine.mjs';

/** librdkafka, as Python programs use it. Its wheels contain the library. */
const CONFLUENT_KAFKA = 'confluent-kafka==2.16.1';
/** The same, with Confluent's serialisers. */
const CONFLUENT_SERIALIZERS = 'confluent-kafka[avro,json,protobuf,schemaregistry]==2.16.1';

/** CloudEvents' SDKs. */
const CLOUDEVENTS_PYTHON = 'cloudevents==2.2.0 confluent-kafka==2.16.1';
const CLOUDEVENTS_NODE = 'cloudevents@10.0.0';

const sources = join(import.meta.dirname, '../../test/support/producers');

/** The command line of a producer. */
export async function foreignProducer(library) {
  if (library === 'confluent-kafka') return [await pythonOf(CONFLUENT_KAFKA), join(sources, 'confluent.py')];
  if (library === 'confluent-serializers')
    return [await pythonOf(CONFLUENT_SERIALIZERS), join(sources, 'serializers.py')];
  if (library === 'cloudevents-python')
    return [await pythonOf(CLOUDEVENTS_PYTHON), join(sources, 'cloudevents.py')];
  if (library === 'cloudevents-node')
    return [process.execPath, join(sources, 'cloudevents.mjs'), await nodePackage(CLOUDEVENTS_NODE)];
  if (library === 'java') return javaPeers();
  return [await goProgram(join(sources, library))];
}

/** The Python of a virtual environment that has these packages. */
export async function pythonOf(requirement) {
  if (!onPath('python3'))
    throw new Error(
      `No ${requirement} for the tests: python3 is missing. Install it (Debian: apt-get install python3-venv).`,
    );
  const folder = join(cacheFolder(), requirement.replace(/\W+/g, '-'));
  return made(folder, 'bin/python', async (partial) => {
    console.error(`installing ${requirement} …`);
    // Not relocatable as a whole, but `bin/python -m pip` and imports find everything relative to `bin/python`.
    await run('python3', ['-m', 'venv', partial]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirement.split(' ')];
    await run(join(partial, 'bin/python'), pip);
  });
}

/** A folder in whose node_modules a package is. */
async function nodePackage(name) {
  const folder = join(cacheFolder(), name);
  await made(folder, 'package.json', async (partial) => {
    console.error(`fetching ${name} through npm …`);
    mkdirSync(partial);
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
    await run('npm', ['install', '--prefix', partial, '--ignore-scripts', ...quiet, name]);
  });
  return folder;
}
