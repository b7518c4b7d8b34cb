import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ReportInternal } from '../../core/client-error.js';
import { MillraceError } from '../../core/errors.js';
import { refuse } from './refuse.js';
import { pathOf } from './request-target.js';

/** Answers a request for one path. */
export type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

interface RouterParts {
  /** GraphQL: its routes by path, which answer every method. */
  readonly graphql?: ReadonlyMap<string, Route>;
  /** By path, for GET and HEAD. Other methods are refused with 405. */
  readonly routes: Readonly<Record<string, Route>>;
  /** By what paths begin with, which ends with `/`; for GET and HEAD. The longest takes precedence. */
  readonly folders?: readonly { readonly prefix: string; readonly route: Route }[];
  readonly report: ReportInternal;
}

/** @returns a handler that passes each request to the route of its path, and never rejects */
export function router({ graphql = new Map(), routes, folders = [], report }: RouterParts) {
  const table = new Map<string, Route>([
    ...Object.entries(routes).map(([path, route]) => [path, getOnly(route, report)] as const),
    ...graphql,
  ]);
  const byLength = folders
    .map(({ prefix, route }) => ({ prefix, route: getOnly(route, report) }))
    .sort((one, other) => other.prefix.length - one.prefix.length);
  const [first] = graphql.keys();
  const otherwise = notFound(first, report);
  const inFolder = (path: string): Route | undefined =>
    byLength.find(({ prefix }) => path.startsWith(prefix) || `${path}/` === prefix)?.route;
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = pathOf(request);
    const route = table.get(path) ?? inFolder(path) ?? otherwise;
    try {
      await route(request, response);
    } catch (error) {
      refuse(response, error, report);
    }
  };
}

function getOnly(route: Route, report: ReportInternal): Route {
  return (request, response) => {
    if (request.method === 'GET' || request.method === 'HEAD') return route(request, response);
    const message = `${request.method} is not allowed for ${pathOf(request)}: use GET.`;
    refuse(response, new MillraceError('BAD_REQUEST', message), report, 405, { allow: 'GET, HEAD' });
  };
}

function notFound(graphql: string | undefined, report: ReportInternal): Route {
  const hint = graphql === undefined ? '' : ` GraphQL is at ${graphql}.`;
  return (request, response) => {
    const message = `Nothing is at ${pathOf(request)}.${hint}`;
    refuse(response, new MillraceError('BAD_REQUEST', message), report, 404);
  };
}
