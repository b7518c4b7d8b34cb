import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';
import { cacheFolder, install, mayInstall, onPath } from './machine.mjs';

/** The release the tests run against. */
export const KAFKA_VERSION = '4.1.0';

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>millrace</groupId>
  <artifactId>kafka-for-tests</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${KAFKA_VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

function folder() {
  return join(cacheFolder(), `kafka-${KAFKA_VERSION}`);
}

/** The folder of Kafka's jars, if they were downloaded before. Kafka's Java tools run from there. */
export function cachedJars() {
  const libs = join(folder(), 'libs');
  return existsSync(libs) && onPath('java') ? libs : undefined;
}

/**
 * The folder of Kafka's jars, downloaded through Maven the first time (43 MB, about a minute).
 * @throws {Error} that says what to install when Java or Maven are missing and may not be installed
 */
export async function kafkaJars() {
  const cached = cachedJars();
  if (cached) return cached;
  const libs = join(folder(), 'libs');
  const fetched = existsSync(libs);
  const missing = [
    ...(onPath('java') ? [] : ['default-jre-headless']),
    ...(fetched || onPath('mvn') ? [] : ['maven']),
  ];
  if (missing.length > 0) {
    if (!mayInstall()) {
      throw new Error(
        'No Kafka for the tests. Start Docker, or install Java 17 and Maven (Debian: apt-get install ' +
          `${missing.join(' ')}), or set KAFKA_BROKERS.`,
      );
    }
    await install(missing);
  }
  if (!fetched) await fetchJars(libs);
  return libs;
}

async function fetchJars(libs) {
  console.error(`fetching Kafka ${KAFKA_VERSION} through Maven …`);
  mkdirSync(folder(), { recursive: true });
  const pom = join(folder(), 'pom.xml');
  writeFileSync(pom, POM);
  // Renamed when complete, so that an interrupted download or a concurrent run never leaves half of them.
  const partial = `${libs}.${process.pid}`;
  try {
    await run('mvn', [
      ...['--quiet', '--batch-mode', '--file', pom],
      ...['dependency:copy-dependencies', `-DoutputDirectory=${partial}`, '-DincludeScope=runtime'],
    ]);
    if (!existsSync(libs)) renameSync(partial, libs);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
