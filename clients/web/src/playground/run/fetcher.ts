import type { Fetcher, FetcherOpts, FetcherParams } from '@graphiql/toolkit';
import { getOperationAST, Kind, parse, print, separateOperations } from 'graphql';
import type { GraphiQLTabs } from './graphiql-tabs.js';
import { type HttpAnswer, httpAnswer } from './http-answer.js';
import type { PlaygroundOperation } from './operation.js';
import type { ShownResult } from './run.js';
import type { Runs } from './runs.js';

interface FetcherParts {
  readonly endpoint: string;
  readonly runs: Runs;
  readonly tabs: GraphiQLTabs;
  /** Called with each answer to GraphiQL's question for the schema; `undefined`: there was none. */
  readonly onSchema: (answer: HttpAnswer | undefined) => void;
}

/** GraphiQL's name for its question for the schema. */
const INTROSPECTION = 'IntrospectionQuery';

/** What GraphiQL runs operations with: the log sees all of their results. */
export function createFetcher({ endpoint, runs, tabs, onSchema }: FetcherParts): Fetcher {
  return (params, options) => {
    if (tabs.isReattaching) return observable(tabs);
    const operation = operationOf(endpoint, params, options);
    if (params.operationName === INTROSPECTION) return schemaOf(operation, onSchema);
    if (operation.kind !== 'subscription') return runs.answer(operation, tabs.active);
    runs.start(operation, tabs.active);
    return observable(tabs);
  };
}

/** GraphiQL subscribes with an observer; its type demands what it never calls. */
const observable = (tabs: GraphiQLTabs): ReturnType<Fetcher> => tabs.observable() as ReturnType<Fetcher>;

async function schemaOf(
  operation: PlaygroundOperation,
  onSchema: FetcherParts['onSchema'],
): Promise<ShownResult> {
  try {
    const answer = await httpAnswer(operation, undefined, AbortSignal.timeout(SCHEMA_MS));
    onSchema(answer);
    return { ...answer };
  } catch (error) {
    onSchema(undefined);
    throw error;
  }
}

const SCHEMA_MS = 30_000;

function operationOf(
  endpoint: string,
  { query, operationName, variables }: FetcherParams,
  options: FetcherOpts | undefined,
): PlaygroundOperation {
  const headers = Object.entries((options?.headers ?? {}) as Record<string, unknown>).map(
    ([name, value]) => [name, String(value)] as const,
  );
  const given = {
    endpoint,
    operationName: operationName ?? undefined,
    variables: variables as PlaygroundOperation['variables'],
    headers: Object.fromEntries(headers),
  };
  return { ...given, ...chosen(query, given.operationName) };
}

/** The operation that is to run. The client of subscriptions takes documents with one operation. */
function chosen(query: string, name: string | undefined): Pick<PlaygroundOperation, 'kind' | 'query'> {
  try {
    const document = parse(query);
    const operation = getOperationAST(document, name);
    const kind = operation?.operation ?? 'query';
    const isOne = document.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION).length === 1;
    const own = isOne || name === undefined ? undefined : separateOperations(document)[name];
    return { kind, query: own === undefined ? query : print(own) };
  } catch {
    // The gateway says what is wrong with it.
    return { kind: 'query', query };
  }
}
