import type { RunObserver } from './run.js';
import type { Runs } from './runs.js';

/** The part of GraphiQL's state of tabs that is read here. */
interface TabsState {
  readonly tabs: readonly { readonly id: string }[];
  readonly activeTabIndex: number;
}

/** GraphiQL's own actions that are called here. */
interface TabActions {
  run(): void;
  stop(): void;
}

/** What GraphiQL subscribes to. */
export interface RunObservable {
  subscribe(observer: RunObserver & { error(error: unknown): void }): { unsubscribe(): void };
}

/**
 * Keeps subscriptions running while GraphiQL shows another tab. GraphiQL knows one running operation, that of the tab it
 * shows: it unsubscribes when one leaves the tab, as if Stop were pressed, and a new tab even gets the results of the tab
 * before. So the runs are kept beside it, by tab. GraphiQL is attached to the run of the tab that it shows:
 *
 * | GraphiQL does                              | what follows                                                      |
 * |--------------------------------------------|-------------------------------------------------------------------|
 * | unsubscribes, and its tabs do not change   | Stop: the run stops                                               |
 * | unsubscribes, and shows another tab        | the run goes on                                                   |
 * | shows a tab whose run is running           | GraphiQL's `run` is called, and gets that run instead of a new one |
 * | closes a tab                               | its run stops                                                     |
 */
export class GraphiQLTabs {
  readonly #runs: Runs;
  #actions: TabActions | undefined;
  #open: ReadonlySet<string> = new Set();
  #active = '';
  /** Counts what GraphiQL says of its tabs. */
  #changes = 0;
  #isReattaching = false;

  constructor(runs: Runs) {
    this.#runs = runs;
  }

  get active(): string {
    return this.#active;
  }

  /** Whether GraphiQL's `run` was called to show a run that is running already. */
  get isReattaching(): boolean {
    return this.#isReattaching;
  }

  /** GraphiQL has started, with these tabs. Those of another schema, which it showed before, keep their runs. */
  open(state: TabsState, actions: TabActions): void {
    this.#runs.detach(this.#active);
    this.#actions = actions;
    this.#open = idsOf(state);
    this.#active = activeOf(state);
    // It has no editors yet.
    setTimeout(() => this.#reattach());
  }

  /** GraphiQL calls it within the change, before its own state has changed. */
  readonly changed = (state: TabsState): void => {
    this.#changes += 1;
    const open = idsOf(state);
    for (const tab of this.#open) if (!open.has(tab)) this.#runs.closeTab(tab);
    this.#open = open;
    const active = activeOf(state);
    if (active === this.#active) return;
    this.#runs.detach(this.#active, true);
    this.#active = active;
    queueMicrotask(() => this.#reattach());
  };

  /** The newest subscription of the shown tab. */
  observable(): RunObservable {
    const tab = this.#active;
    const run = this.#runs.newestIn(tab);
    return {
      subscribe: (observer) => {
        this.#runs.attach(tab, observer);
        return { unsubscribe: () => this.#left(tab, run) };
      },
    };
  }

  /** Starts a subscription again after a cursor, in its tab. GraphiQL shows it if it shows that tab. */
  resume(start: (tab: string | undefined) => void, tab: string | undefined): void {
    const isShown = tab === this.#active;
    if (isShown) this.#actions?.stop();
    start(tab !== undefined && this.#open.has(tab) ? tab : undefined);
    if (isShown) this.#reattach();
  }

  #left(tab: string, run: number): void {
    this.#runs.detach(tab);
    const changes = this.#changes;
    queueMicrotask(() => {
      if (changes === this.#changes) this.#runs.stop(run);
      // The tab that is shown was clicked.
      else if (tab === this.#active) this.#reattach();
    });
  }

  #reattach(): void {
    if (!this.#runs.isHidden(this.#active)) return;
    this.#isReattaching = true;
    try {
      this.#actions?.run();
    } finally {
      this.#isReattaching = false;
    }
  }
}

const idsOf = ({ tabs }: TabsState): ReadonlySet<string> => new Set(tabs.map(({ id }) => id));
const activeOf = ({ tabs, activeTabIndex }: TabsState): string => tabs[activeTabIndex]?.id ?? '';
