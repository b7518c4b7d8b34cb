import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ReportInternal } from '../../core/client-error.js';
import { MillraceError } from '../../core/errors.js';
import { refuse } from './refuse.js';
import { pathOf } from './request-target.js';

/** Answers a request for one path. */
export type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

interface RouterParts {
  /** GraphQL: its path, and its route, which answers every method. */
  readonly graphql?: { readonly path: string; readonly route: Route };
  /** By path, for GET and HEAD. Other methods are refused with 405. */
  readonly routes: Readonly<Record<string, Route>>;
  readonly report: ReportInternal;
}

/** @returns a handler that passes each request to the route of its path, and never rejects */
export function router({ graphql, routes, report }: RouterParts) {
  const table = new Map<string, Route>([
    ...Object.entries(routes).map(([path, route]) => [path, getOnly(route, report)] as const),
  ]);
  if (graphql !== undefined) table.set(graphql.path, graphql.route);
  const otherwise = notFound(graphql?.path, report);
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const route = table.get(pathOf(request)) ?? otherwise;
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
