import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, install, made, maven, mayInstall, onPath } from './machine.mjs';

/** What tests need of Maven Central, without Docker. */
export class MavenJars {
  /**
   * @param {{ name: string, version?: string, artifacts: readonly string[], instead?: string }} options
   *   `name` and `version` for messages and the cache's folder, by default a digest of the artifacts; `artifacts` as
   *   `group:artifact:version`; `instead`: what else a person can do when Java or Maven are missing
   */
  constructor(options) {
    const { name, artifacts, version = digestOf(artifacts) } = options;
    this.options = { ...options, version };
    this.folder = join(cacheFolder(), `${name}-${version}`);
    this.libs = join(this.folder, 'libs');
  }

  /** The folder of the jars, if they were downloaded before. */
  cached() {
    return existsSync(this.libs) && onPath('java') ? this.libs : undefined;
  }

  /**
   * The folder of the jars with all of their dependencies, downloaded through Maven the first time.
   * @throws {Error} that says what to install when Java or Maven are missing and may not be installed
   */
  async fetch() {
    const cached = this.cached();
    if (cached) return cached;
    const fetched = existsSync(this.libs);
    const missing = [
      ...(onPath('java') ? [] : ['default-jre-headless']),
      ...(fetched || onPath('mvn') ? [] : ['maven']),
    ];
    if (missing.length > 0) {
      if (!mayInstall()) {
        const { name, instead } = this.options;
        throw new Error(
          `No ${name} for the tests. Install Java 17 and Maven (Debian: apt-get install ` +
            `${missing.join(' ')})${instead === undefined ? '' : `, or ${instead}`}.`,
        );
      }
      await install(missing);
    }
    mkdirSync(this.folder, { recursive: true });
    return made(this.libs, '', async (partial) => {
      const { name, version } = this.options;
      console.error(`fetching ${name} ${version} through Maven …`);
      const pom = join(this.folder, 'pom.xml');
      writeFileSync(pom, pomOf(this.options));
      await maven([
        ...['--file', pom, 'dependency:copy-dependencies'],
        ...[`-DoutputDirectory=${partial}`, '-DincludeScope=runtime'],
      ]);
    });
  }
}

const digestOf = (artifacts) => createHash('sha256').update(artifacts.join()).digest('hex').slice(0, 12);

const pomOf = ({ name, artifacts }) => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>millrace</groupId>
  <artifactId>${name}-for-tests</artifactId>
  <version>1</version>
  <dependencies>
${artifacts.map(dependencyOf).join('')}  </dependencies>
</project>
`;

function dependencyOf(coordinates) {
  const [group, artifact, version] = coordinates.split(':');
  return `    <dependency>
      <groupId>${group}</groupId>
      <artifactId>${artifact}</artifactId>
      <version>${version}</version>
    </dependency>
`;
}
