import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ENVIRONMENT, readConfig } from '../../src/node/config.js';
import { checkRoles, type Roles } from '../../src/node/roles.js';

const root = resolve(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(join(root, name), 'utf8');

const Container = z.looseObject({
  image: z.string(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()]).transform(String)).default({}),
  depends_on: z.record(z.string(), z.unknown()).default({}),
  profiles: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
});
const compose = z
  .looseObject({ services: z.record(z.string(), Container) })
  .parse(parse(read('docker-compose.yml'), { merge: true }));

const containers = Object.entries(compose.services);
const ours = containers.filter(([, { image }]) => image === 'millrace');

const ROLES: Readonly<Record<string, Roles>> = {
  gateway: { gateway: true, relay: false, services: [] },
  relay: { gateway: false, relay: true, services: [] },
  services: { gateway: false, relay: false, services: 'all' },
};

/** `${NAME:-default}` as Compose substitutes it when NAME is not set. */
const substituted = (value: string) => value.replace(/\$\{\w+:-([^}]*)\}/g, '$1');

describe('docker-compose.yml', () => {
  it('docker-compose.yml runs every role, and two gateways', () => {
    expect(ours.map(([, { command }]) => command?.[0]).sort()).toEqual([
      'gateway',
      'gateway',
      'relay',
      'services',
    ]);
  });

  it.each(ours)(
    'docker-compose.yml gives %s a valid environment for its role',
    (_name, { environment, command }) => {
      const values = Object.entries(environment).map(([name, value]) => [name, substituted(value)]);
      const roles = ROLES[command?.[0] ?? ''];
      if (roles === undefined) throw new Error(`${command} is not a role`);
      checkRoles(readConfig(Object.fromEntries(values)), roles);
      expect(Object.keys(ENVIRONMENT)).toEqual(expect.arrayContaining(Object.keys(environment)));
    },
  );

  it('docker-compose.yml gives every process ADMIN_PORT, where the health check of the image asks', () => {
    expect(read('Dockerfile')).toContain('process.env.ADMIN_PORT}/healthz');
    for (const [name, { environment }] of ours) expect(environment['ADMIN_PORT'], name).toBe('9464');
  });

  it.each(containers)(
    'docker-compose.yml makes %s depend only on services that exist',
    (_name, { depends_on }) => {
      expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(Object.keys(depends_on)));
    },
  );

  it('docker-compose.yml has the gateways that the load balancer forwards to', () => {
    const targets = [...read('deploy/nginx.conf').matchAll(/^\s*server ([\w-]+):4000/gm)].map(
      ([, name]) => name,
    );
    const gateways = ours.filter(([, { command }]) => command?.[0] === 'gateway').map(([name]) => name);
    expect(targets).toEqual(gateways);
  });
});

describe('the monitoring profile of docker-compose.yml', () => {
  const monitoring = containers.filter(([, { profiles }]) => profiles.includes('monitoring'));

  it('the monitoring profile mounts files that exist, and publishes ports to this machine only', () => {
    expect(monitoring.map(([name]) => name)).toEqual(['prometheus', 'grafana', 'jaeger']);
    for (const [name, { volumes, ports }] of monitoring) {
      for (const volume of volumes)
        expect(existsSync(join(root, volume.split(':')[0] ?? '')), volume).toBe(true);
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it('Prometheus scrapes ADMIN_PORT of every process, and reads the alert rules', () => {
    const config = z
      .looseObject({
        rule_files: z.array(z.string()),
        scrape_configs: z.array(
          z.looseObject({
            job_name: z.string(),
            static_configs: z.array(z.object({ targets: z.array(z.string()) })),
          }),
        ),
      })
      .parse(parse(read('deploy/prometheus/prometheus.yml')));
    const targets = config.scrape_configs.flatMap(({ static_configs: all }) =>
      all.flatMap((one) => one.targets),
    );
    expect(targets).toEqual(ours.map(([name, { environment }]) => `${name}:${environment['ADMIN_PORT']}`));
    expect(config.scrape_configs.map(({ job_name: name }) => name)).toEqual(['millrace']);
    for (const file of config.rule_files)
      expect(existsSync(join(root, 'deploy/prometheus', file))).toBe(true);
  });
});

describe('Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');

  it('the Dockerfile copies only files that exist and that .dockerignore includes', () => {
    const copied = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
      .flatMap((line) => line.split(' ').slice(1, -1));
    const allowed = read('.dockerignore').split('\n');
    expect(copied.length).toBeGreaterThan(0);
    for (const name of copied) {
      expect(existsSync(join(root, name)), name).toBe(true);
      expect(allowed, name).toContain(`!${name.split('/')[0]}`);
    }
  });

  it('the Dockerfile sets only known environment variables', () => {
    const set = lines
      .filter((line) => line.startsWith('ENV '))
      .flatMap((line) => [...line.matchAll(/(\w+)=/g)].map(([, name]) => name));
    expect([...Object.keys(ENVIRONMENT), 'NODE_ENV']).toEqual(expect.arrayContaining(set));
  });
});
