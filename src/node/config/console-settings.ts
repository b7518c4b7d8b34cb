import { developmentFlag, type Environment, httpUrl, text, type Variable } from './variable.js';

/** Who sees the console. */
export const CONSOLE_SETTINGS = {
  CONSOLE: developmentFlag('Whether the console is served at /console'),
  CONSOLE_ROLE: {
    about: 'The role that callers need for the console: an element of the claim `roles`. When unset, none',
    allowed: 'a text',
    schema: text.optional(),
  },
  TRACE_URL: {
    about:
      'Where an OpenTelemetry backend shows a trace, with `{traceId}` in the place of its id: the console links to it. When unset, nothing is linked',
    allowed: 'an http or https URL with {traceId} in it, such as https://jaeger.example/trace/{traceId}',
    schema: httpUrl.refine((url) => url.includes('{traceId}')).optional(),
  },
} satisfies Record<string, Variable<unknown>>;

/** S1: the console shows every event. Where it is enabled for the public, only a role protects it. */
export function consoleFaults(
  environment: Environment,
  { CONSOLE, CONSOLE_ROLE }: { readonly CONSOLE?: boolean; readonly CONSOLE_ROLE?: string | undefined },
): string[] {
  if (environment['NODE_ENV'] !== 'production' || CONSOLE !== true || CONSOLE_ROLE !== undefined) return [];
  return [
    'CONSOLE is true with NODE_ENV=production, but CONSOLE_ROLE is not set: whoever reaches the gateway would see every event. Set CONSOLE_ROLE to a role that operators have in the claim `roles`, or CONSOLE to false.',
  ];
}
