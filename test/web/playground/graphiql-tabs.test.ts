import { describe, expect, it, onTestFinished } from 'vitest';
import { ResultLog } from '../../../clients/web/src/playground/log/result-log.js';
import { Clients } from '../../../clients/web/src/playground/run/clients.js';
import { GraphiQLTabs, type RunObservable } from '../../../clients/web/src/playground/run/graphiql-tabs.js';
import type { RunObserver, ShownResult } from '../../../clients/web/src/playground/run/run.js';
import { Runs } from '../../../clients/web/src/playground/run/runs.js';
import { serveGateway } from '../../transport/gateway.js';
import { WAIT } from '../../transport/serve.js';

const turn = () => new Promise((resolve) => setTimeout(resolve));

/** Does with its tabs and its subscription what GraphiQL 5 does, in the same order. */
class FakeGraphiQL {
  tabs = [{ id: 'a' }, { id: 'b' }];
  activeTabIndex = 0;
  shown: ShownResult | undefined;
  #subscription: { unsubscribe(): void } | undefined;
  readonly #tabs: GraphiQLTabs;
  readonly #start: (tab: string) => void;

  constructor(tabs: GraphiQLTabs, start: (tab: string) => void) {
    this.#tabs = tabs;
    this.#start = start;
    tabs.open(this, { run: () => this.run(), stop: () => this.stop() });
  }

  get isRunning() {
    return this.#subscription !== undefined;
  }

  run(): void {
    if (this.#subscription !== undefined) {
      this.stop();
      return;
    }
    this.shown = undefined;
    const value = this.#fetcher();
    queueMicrotask(() => {
      const observer: RunObserver & { error(): void } = {
        next: (result) => {
          this.shown = result;
        },
        error: () => undefined,
        complete: () => {
          this.#subscription = undefined;
        },
      };
      this.#subscription = value.subscribe(observer);
    });
  }

  stop(): void {
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
  }

  changeTab(index: number): void {
    this.stop();
    this.#changed({ activeTabIndex: index });
  }

  /** Without `stop`, so that the new tab has the subscription of the one before. */
  addTab(): void {
    this.#changed({
      tabs: [...this.tabs, { id: `new ${this.tabs.length}` }],
      activeTabIndex: this.tabs.length,
    });
  }

  closeTab(index: number): void {
    if (index === this.activeTabIndex) this.stop();
    const activeTabIndex = Math.max(
      index > this.activeTabIndex ? this.activeTabIndex : this.activeTabIndex - 1,
      0,
    );
    this.#changed({ tabs: this.tabs.filter((_, i) => i !== index), activeTabIndex });
  }

  #fetcher(): RunObservable {
    if (!this.#tabs.isReattaching) this.#start(this.#tabs.active);
    return this.#tabs.observable();
  }

  #changed(change: Partial<Pick<FakeGraphiQL, 'tabs' | 'activeTabIndex'>>): void {
    this.#tabs.changed({ tabs: this.tabs, activeTabIndex: this.activeTabIndex, ...change });
    Object.assign(this, change);
  }
}

async function open() {
  const served = await serveGateway();
  const runs = new Runs(new ResultLog(), new Clients(['sse']));
  const operation = {
    endpoint: served.server.url,
    query: 'subscription { said { n } }',
    operationName: undefined,
    variables: undefined,
    headers: {},
    kind: 'subscription',
  } as const;
  const tabs = new GraphiQLTabs(runs);
  const graphiql = new FakeGraphiQL(tabs, (tab) => runs.start(operation, tab));
  onTestFinished(() => {
    for (const id of runs.state().running) runs.stop(id);
  });
  const run = async () => {
    graphiql.run();
    await turn();
    await expect.poll(served.live, WAIT).toBe(runs.state().running.size);
  };
  const shows = (n: number) =>
    expect.poll(() => graphiql.shown, WAIT).toMatchObject({ data: { said: { n } } });
  return { served, runs, tabs, graphiql, operation, run, shows };
}

const runningOf = ({ runs }: { readonly runs: Runs }) => [...runs.state().running];

describe('subscriptions of the tabs of GraphiQL', () => {
  it('go on while another tab is shown, and are shown again with their latest result', async () => {
    const opened = await open();
    const { served, graphiql, run, shows } = opened;
    await run();
    await served.say('k', [1]);
    await shows(1);
    graphiql.changeTab(1);
    await turn();
    expect([graphiql.isRunning, runningOf(opened)]).toEqual([false, [1]]);
    await run();
    expect(runningOf(opened)).toEqual([1, 2]);
    graphiql.changeTab(0);
    await turn();
    expect(graphiql.isRunning).toBe(true);
    await shows(1);
    await served.say('k', [2]);
    await shows(2);
    expect(runningOf(opened)).toEqual([1, 2]);
  });

  it('stop when Stop is pressed, after the tab was left as well', async () => {
    const opened = await open();
    const { graphiql, run } = opened;
    await run();
    graphiql.changeTab(1);
    await turn();
    graphiql.changeTab(0);
    await turn();
    graphiql.stop();
    await turn();
    expect(runningOf(opened)).toEqual([]);
  });

  it('go on when their own tab is clicked', async () => {
    const opened = await open();
    const { graphiql, run } = opened;
    await run();
    graphiql.changeTab(0);
    await turn();
    expect([graphiql.isRunning, runningOf(opened)]).toEqual([true, [1]]);
  });

  it('show nothing in a tab that is added', async () => {
    const opened = await open();
    const { served, graphiql, run, shows } = opened;
    await run();
    graphiql.addTab();
    await turn();
    expect([graphiql.isRunning, runningOf(opened)]).toEqual([false, [1]]);
    graphiql.shown = undefined;
    await served.say('k', [7]);
    graphiql.changeTab(0);
    await shows(7);
  });

  it('stop when their tab is closed, shown or not', async () => {
    const opened = await open();
    const { graphiql, run } = opened;
    await run();
    graphiql.changeTab(1);
    await turn();
    await run();
    graphiql.closeTab(0);
    await turn();
    expect(runningOf(opened)).toEqual([2]);
    graphiql.closeTab(0);
    await turn();
    expect(runningOf(opened)).toEqual([]);
  });

  it('are resumed in their tab, in the place of what runs there, and without a tab when it was closed', async () => {
    const opened = await open();
    const { served, graphiql, runs, tabs, operation, run, shows } = opened;
    await run();
    await served.say('k', [1, 2]);
    await shows(2);
    const { extensions } = graphiql.shown ?? {};
    expect(extensions).toMatchObject({ cursor: expect.any(String) });
    const cursor = String(Reflect.get(Object(extensions), 'cursor'));
    await served.say('k', [3]);
    await shows(3);
    tabs.resume((tab) => runs.start(operation, tab, cursor), 'a');
    await turn();
    expect([graphiql.isRunning, runningOf(opened)]).toEqual([true, [2]]);
    await shows(3);
    graphiql.closeTab(0);
    await turn();
    tabs.resume((tab) => runs.start(operation, tab, cursor), 'a');
    await turn();
    graphiql.changeTab(0);
    await turn();
    expect(runningOf(opened)).toEqual([3]);
  });
});
