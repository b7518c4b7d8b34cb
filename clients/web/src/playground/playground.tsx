import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import type { GraphiQLProps } from 'graphiql';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { useEffect, useMemo, useState } from 'react';
import { CONSOLE_EXAMPLE } from './console-example.js';
import { type ExampleTab, exampleTabs, withExampleHeaders } from './example-tabs.js';
import type { LogEntry } from './log/entry.js';
import type { ResultLog } from './log/result-log.js';
import { type LogParts, LogProvider } from './plugin/log-context.js';
import { RESULT_LOG_PLUGIN } from './plugin/result-log-plugin.js';
import { createFetcher } from './run/fetcher.js';
import { GraphiQLTabs } from './run/graphiql-tabs.js';
import type { Runs } from './run/runs.js';
import { schemaNotice } from './schema-notice.js';
import type { PageSettings } from './settings.js';
import { storageOf } from './storage.js';

interface PlaygroundProps {
  readonly settings: PageSettings;
  readonly log: ResultLog;
  readonly runs: Runs;
}

const ENDPOINTS = { gateway: '/graphql', console: '/console/graphql' } as const;
type Endpoint = keyof typeof ENDPOINTS;

const PLUGINS = [RESULT_LOG_PLUGIN, HISTORY_PLUGIN];
/** On a narrower page the pane would leave no room for the editors. */
const WIDE = '(min-width: 900px)';

export function Playground({ settings, log, runs }: PlaygroundProps) {
  const [endpoint, setEndpoint] = useState<Endpoint>('gateway');
  const [notice, setNotice] = useState<string | undefined>();
  const tabs = useMemo(() => new GraphiQLTabs(runs), [runs]);
  const parts = useMemo<LogParts>(
    () => ({
      log,
      runs,
      resume: (entry, cursor) => resume(runs, tabs, entry, cursor),
      lifeUrl: settings.console ? (id) => `/console/life?id=${encodeURIComponent(id)}` : undefined,
    }),
    [log, runs, tabs, settings],
  );
  const fetcher = useMemo(
    () =>
      createFetcher({
        endpoint: ENDPOINTS[endpoint],
        runs,
        tabs,
        onSchema: (answer) => setNotice(schemaNotice(ENDPOINTS[endpoint], answer)),
      }),
    [endpoint, runs, tabs],
  );
  const examples = useMemo(
    () => exampleTabs(endpoint === 'gateway' ? settings.examples : [CONSOLE_EXAMPLE]),
    [endpoint, settings],
  );
  return (
    <LogProvider value={parts}>
      {notice !== undefined && (
        <p className="playground-notice" role="status">
          {notice}
        </p>
      )}
      <GraphiQL
        key={endpoint}
        fetcher={fetcher}
        plugins={PLUGINS}
        onTabChange={tabs.changed}
        {...useOpening(endpoint, examples)}
      >
        <GraphiQL.Logo>
          <PageTitle settings={settings} endpoint={endpoint} onEndpoint={setEndpoint} />
        </GraphiQL.Logo>
        <TabsOpened tabs={tabs} />
        <SystemTheme />
      </GraphiQL>
    </LogProvider>
  );
}

/** Tells the tabs what GraphiQL began with. */
function TabsOpened({ tabs }: { readonly tabs: GraphiQLTabs }) {
  const actions = useGraphiQLActions();
  const state = useGraphiQL(({ tabs: all, activeTabIndex }) => ({ tabs: all, activeTabIndex }));
  // Later changes are told by GraphiQL's `onTabChange`, at once.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the state at the start alone.
  useEffect(() => tabs.open(state, actions), [tabs, actions]);
  return null;
}

/** GraphiQL's editors keep the colours they began with when the system changes between light and dark. */
function SystemTheme() {
  const { setTheme } = useGraphiQLActions();
  const theme = useGraphiQL((state) => state.theme);
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const change = () => setTheme(theme);
    dark.addEventListener('change', change);
    return () => dark.removeEventListener('change', change);
  }, [setTheme, theme]);
  return null;
}

type Opening = Pick<
  GraphiQLProps,
  | 'storage'
  | 'defaultTabs'
  | 'defaultQuery'
  | 'initialQuery'
  | 'initialVariables'
  | 'initialHeaders'
  | 'visiblePlugin'
>;

/** What GraphiQL opens with: what it kept at the last visit, or the examples. */
function useOpening(endpoint: Endpoint, examples: readonly ExampleTab[]): Opening {
  return useMemo(() => {
    const storage = storageOf(endpoint, (stored) => withExampleHeaders(stored, examples));
    const [first] = examples;
    const isFirstVisit = storage.getItem('graphiql:tabState') === null;
    return {
      storage,
      ...(matchMedia(WIDE).matches && { visiblePlugin: RESULT_LOG_PLUGIN }),
      ...(first !== undefined && { defaultTabs: [...examples], defaultQuery: first.query }),
      // GraphiQL's default tabs fill all editors but those of the tab that it opens with.
      ...(first !== undefined &&
        isFirstVisit && {
          initialQuery: first.query,
          initialVariables: first.variables ?? '',
          initialHeaders: first.headers ?? '',
        }),
    };
  }, [endpoint, examples]);
}

interface PageTitleProps {
  readonly settings: PageSettings;
  readonly endpoint: Endpoint;
  readonly onEndpoint: (endpoint: Endpoint) => void;
}

function PageTitle({ settings, endpoint, onEndpoint }: PageTitleProps) {
  if (!settings.console) return <span className="playground-title">Millrace</span>;
  return (
    <span className="playground-title">
      <select
        aria-label="Schema"
        value={endpoint}
        // The options below are the endpoints.
        onChange={({ target }) => onEndpoint(target.value as Endpoint)}
      >
        <option value="gateway">Schema of the gateway</option>
        <option value="console">Schema of the console</option>
      </select>
      <a href="/console">Console</a>
    </span>
  );
}

function resume(runs: Runs, tabs: GraphiQLTabs, entry: LogEntry, cursor: string): void {
  const run = runs.find(entry.run);
  if (run !== undefined) tabs.resume((tab) => runs.start(run.operation, tab, cursor), run.tab);
}
