import { HtmlPage, type Policy } from './html-page.js';

/** An operation that GraphiQL opens in its own tab. */
interface PlaygroundExample {
  readonly title?: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the page is told, beside its schema. `clients/web/src/playground/settings.ts` reads it. */
interface PlaygroundSettings {
  readonly examples: readonly PlaygroundExample[];
  /** Those of subscriptions that are served and that the page can use, the preferred one first. */
  readonly transports: readonly ('websocket' | 'sse')[];
  /** Whether there is a console. */
  readonly console: boolean;
}

/** Monaco adds styles to the page without a nonce, and sets styles on elements. */
const POLICY: Policy = { 'style-src': "'self' 'unsafe-inline'" };

/** Where the page has a place for its settings: in JSON, which a browser never runs. */
const PLACE = /<script[^>]*\bid="settings"[^>]*>/;

/**
 * GraphiQL, with the settings of this gateway.
 * @param path of the page as the build of `clients/web` has made it
 */
export function playgroundPage(path: string, settings: PlaygroundSettings): Promise<HtmlPage> {
  // A `</script>` in the text would end the element.
  const json = JSON.stringify(settings).replaceAll('<', '\\u003c');
  return HtmlPage.read(path, POLICY, (html) => html.replace(PLACE, (place) => place + json));
}
