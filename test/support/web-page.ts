import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';

/** WCAG 2.2, levels A and AA. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** A tall phone, and a small laptop. */
export const PHONE = { width: 375, height: 812 };
const LAPTOP = { width: 1_280, height: 800 };

/** One of the gateway's pages in Chromium, and whatever was wrong with it: scripts that failed, broken policies, other hosts. */
export class WebPage implements AsyncDisposable {
  /** Empty, unless something is wrong. */
  readonly faults: string[] = [];

  private constructor(readonly page: Page) {}

  /** @param url of the gateway */
  static async open(browser: Browser, url: string, path: string): Promise<WebPage> {
    const context = browser.contexts()[0];
    if (context === undefined) throw new Error('The browser has no context.');
    const page = await context.newPage();
    const opened = new WebPage(page);
    const { faults } = opened;
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      // Chromium reports violations of the policy here, and warns of nothing else.
      if (message.text().includes('Content Security Policy')) faults.push(message.text());
    });
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== new URL(url).origin)
        faults.push(`asked ${request.url()}`);
    });
    await page.setViewportSize(LAPTOP);
    await page.goto(`${url}${path}`);
    return opened;
  }

  /** Whatever axe finds, one line each. By evaluation through the debugger, which no policy forbids. */
  async violations(): Promise<readonly string[]> {
    // A change of colours is over, and painted. A spinner never ends.
    await this.page.evaluate(`Promise.all(document.getAnimations()
        .filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime))
        .map((one) => one.finished.catch(() => undefined)))
      .then(() => new Promise(requestAnimationFrame)).then(() => new Promise(requestAnimationFrame))`);
    await this.page.evaluate(axe.source);
    const found = await this.page.evaluate(
      // The page has axe since the line before.
      (rules) => (globalThis as unknown as { axe: typeof axe }).axe.run({ runOnly: rules }),
      RULES,
    );
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${String(target)}: ${failureSummary ?? ''}`),
    );
  }

  /** Whether the page is wider than its window, so that it scrolls sideways. */
  scrollsSideways(): Promise<boolean> {
    return this.page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.close();
  }
}
