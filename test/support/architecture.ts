/** Sources by path, `src/core/ids.ts`. */
export type Sources = ReadonlyMap<string, string>;

interface Import {
  readonly from: string;
  /** As written. */
  readonly specifier: string;
  /** The path of the file within `src`, where it is one of ours. */
  readonly to: string | undefined;
}

const OBSERVE = ['core', 'ports'];
const ABOVE_PORTS = [...OBSERVE, 'observe'];
const BINDING = [...ABOVE_PORTS, 'binding', 'auth', 'placement'];
const SIBLINGS = [...BINDING, 'publish', 'dead-letters', 'relay', 'rebuild', 'services', 'hub'];
const OPERATION = [...SIBLINGS, 'views', 'subscribe'];
const TRANSPORT = [...OPERATION, 'operation'];
const CONSOLE = [...TRANSPORT, 'topology', 'lineage'];
const NODE = [...CONSOLE, 'transport', 'adapters', 'project', 'console'];

/** What each module, or file directly in `src`, may import of the others. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  ports: ['core'],
  adapters: ['core', 'ports'],
  observe: OBSERVE,
  placement: ABOVE_PORTS,
  binding: ABOVE_PORTS,
  auth: ABOVE_PORTS,
  publish: BINDING,
  'dead-letters': ABOVE_PORTS,
  relay: [...BINDING, 'dead-letters'],
  rebuild: ABOVE_PORTS,
  services: [...BINDING, 'dead-letters', 'rebuild'],
  hub: BINDING,
  topology: [...BINDING, 'dead-letters'],
  lineage: [...ABOVE_PORTS, 'dead-letters'],
  views: SIBLINGS,
  subscribe: SIBLINGS,
  operation: OPERATION,
  console: CONSOLE,
  transport: TRANSPORT,
  project: [...OPERATION, 'index'],
  index: [...OPERATION, 'project'],
  node: NODE,
  cli: [...NODE.filter((module) => module !== 'adapters' && module !== 'console'), 'node'],
  shop: [],
};

/** What the shop may import, like any project: the front door, and packages that it depends on itself. */
const OF_THE_SHOP = /^(millrace|graphql|zod|p-retry|lru-cache|node:[\w/]+)$/;

const VENDORS = [
  'kafkajs',
  'ioredis',
  'graphql-redis-subscriptions',
  'lmdb',
  'avsc',
  'protobufjs',
  '@opentelemetry/sdk-trace-base',
  '@opentelemetry/resources',
  '@opentelemetry/exporter-trace-otlp-proto',
];

/** Each import that breaks the direction of the modules, one line each. */
export function wrongDirections(sources: Sources): string[] {
  return importsOf(sources).flatMap(({ from, specifier, to }) => {
    const module = moduleOf(from);
    const allowed = MAY_IMPORT[module];
    if (allowed === undefined) return [`${from}: '${module}' is not in the table of modules`];
    if (module === 'shop' && to === undefined && !OF_THE_SHOP.test(specifier)) {
      return [`${from} imports ${specifier}: the shop uses only what 'millrace' exports`];
    }
    if (module !== 'shop' && specifier === 'millrace') {
      return [`${from} imports ${specifier}: the package's own name is for projects that use it`];
    }
    if (specifier.startsWith('#') && module !== 'cli') {
      return [`${from} imports ${specifier}: only the command line is a client`];
    }
    if (to === undefined || moduleOf(to) === module || allowed.includes(moduleOf(to))) return [];
    return [`${from} imports ${to}: '${module}' may not know '${moduleOf(to)}'`];
  });
}

/** Each import of a vendor's package outside of the adapters. */
export function vendorsOutside(sources: Sources): string[] {
  return importsOf(sources)
    .filter(({ from, specifier }) => isVendor(specifier) && !from.startsWith('src/adapters/'))
    .map(({ from, specifier }) => `${from} imports ${specifier}: only adapters may`);
}

/** Adapters of the client library, and the packages that only they may import: a user of one has no other framework. */
const ADAPTERS = [
  ['apollo', ['@apollo/client', 'rxjs']],
  ['react', ['react']],
  ['relay', ['relay-runtime']],
  ['urql', ['@urql/core', 'wonka']],
] as const;

/** Each import of the client library that is neither its own, nor of Node in its part for Node. */
export function foreignImports(sources: Sources): string[] {
  return importsOf(sources)
    .filter(({ from, specifier, to }) => {
      if (to !== undefined) return !to.startsWith('clients/ts/src/');
      if (specifier.startsWith('node:')) return from !== 'clients/ts/src/node.ts';
      const adapter = ADAPTERS.find(([, packages]) =>
        packages.some((name) => specifier === name || specifier.startsWith(`${name}/`)),
      );
      return adapter === undefined || from !== `clients/ts/src/${adapter[0]}.ts`;
    })
    .map(({ from, specifier }) => `${from} imports ${specifier}: it knows the gateway by its protocol alone`);
}

/** Each cycle found, as the path around it. Types count: what needs each other's types is one thing. */
export function cycles(sources: Sources): string[] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of importsOf(sources)) {
    if (to !== undefined) targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) {
      found.push([...way.slice(start), path].join(' -> '));
      return;
    }
    if (done.has(path)) return;
    for (const next of targets.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return found;
}

// Statements begin their line, as the formatter leaves them, so a comment or a string is not mistaken for one.
const STATEMENT = /^(?:import|export)\s(?:[\w$*{},\s]*?\sfrom\s*)?['"]([^'"]+)['"]/gm;
const EXPRESSION = /\bimport\(\s*['"]([^'"]+)['"]/g;

function importsOf(sources: Sources): Import[] {
  return [...sources].flatMap(([from, source]) =>
    [...source.matchAll(STATEMENT), ...source.matchAll(EXPRESSION)].map(([, specifier = '']) => ({
      from,
      specifier,
      to: specifier.startsWith('.') ? resolve(from, specifier) : undefined,
    })),
  );
}

function resolve(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1).replace(/\.js$/, '.ts');
}

function moduleOf(path: string): string {
  return (path.split('/')[1] ?? path).replace(/\.ts$/, '');
}

function isVendor(specifier: string): boolean {
  return VENDORS.some((vendor) => specifier === vendor || specifier.startsWith(`${vendor}/`));
}
