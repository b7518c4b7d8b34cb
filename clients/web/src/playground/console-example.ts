import type { Example } from './settings.js';

/** What the schema of the console opens with. */
export const CONSOLE_EXAMPLE: Example = {
  title: 'The schema of the console. Where it asks for a role, put credentials that have it into Headers.',
  query: `query Gateway {
  me { subject roles }
  gateway { version startedAt log fanout }
}`,
};
