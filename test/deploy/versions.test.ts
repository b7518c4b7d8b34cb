import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KAFKA_VERSIONS } from '../../scripts/services/kafka-jars.mjs';
import { NODE_VERSIONS } from '../../scripts/services/node-binary.mjs';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const found = (name: string, pattern: RegExp) => [...read(name).matchAll(pattern)].map(([, value]) => value);

describe('versions', () => {
  it('package.json allows the oldest Node that the tests run on, and none before it', () => {
    expect(found('package.json', /"node": ">=([\d.]+)"/g)).toEqual([NODE_VERSIONS[0]]);
  });

  it('the Dockerfile builds and runs on one Node with long-term support that the tests run on', () => {
    const [build, ...others] = found('Dockerfile', /^FROM node:(\d+)-bookworm-slim/gm);
    expect(others).toEqual([build]);
    expect(Number(build) % 2).toBe(0);
    expect(NODE_VERSIONS.map((version) => version.split('.')[0])).toContain(build);
  });

  it('docker-compose.yml runs the Kafka that npm test runs on', () => {
    expect(found('docker-compose.yml', /image: apache\/kafka:(.*)/g)).toEqual([KAFKA_VERSIONS[0]]);
  });

  it('docs/operating.md names the releases of Node and Kafka that the tests run on', () => {
    const short = (version: string) => version.split('.').slice(0, 2).join('.');
    const rows = found('docs/operating.md', /^\| (?:Node|Kafka) \| ([^|]+) \|/gm);
    expect(rows).toEqual([NODE_VERSIONS, KAFKA_VERSIONS].map((all) => all.map(short).join(', ')));
  });
});
