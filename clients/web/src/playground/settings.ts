import type { PageTransport } from './run/clients.js';

/** An operation that opens in its own tab. */
export interface Example {
  readonly title?: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the gateway writes into the page, as JSON in an element that is never run. */
export interface PageSettings {
  readonly examples: readonly Example[];
  /** Those of subscriptions that the gateway serves and the page can use. */
  readonly transports: readonly PageTransport[];
  /** Whether the gateway has a console. */
  readonly console: boolean;
}

const DEFAULTS: PageSettings = { examples: [], transports: ['websocket', 'sse'], console: false };

export function readSettings(page: Document): PageSettings {
  const text = page.getElementById('settings')?.textContent?.trim() ?? '';
  // The gateway that served the page wrote it; a development server leaves it empty.
  return text === '' ? DEFAULTS : { ...DEFAULTS, ...(JSON.parse(text) as Partial<PageSettings>) };
}
