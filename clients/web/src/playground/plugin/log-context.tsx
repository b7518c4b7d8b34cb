import { createContext, useContext } from 'react';
import type { LogEntry } from '../log/entry.js';
import type { ResultLog } from '../log/result-log.js';
import type { Runs } from '../run/runs.js';

/** What the pane of results shows and does. GraphiQL creates a plugin's content without properties. */
export interface LogParts {
  readonly log: ResultLog;
  readonly runs: Runs;
  /** Starts the entry's subscription again, after its cursor. */
  readonly resume: (entry: LogEntry, cursor: string) => void;
  /** The page that shows what an event or correlation id caused; `undefined`: the gateway has no console. */
  readonly lifeUrl: ((id: string) => string) | undefined;
}

const LogContext = createContext<LogParts | undefined>(undefined);

export const LogProvider = LogContext.Provider;

export function useLogParts(): LogParts {
  const parts = useContext(LogContext);
  if (parts === undefined) throw new Error('The pane of results needs a LogProvider around GraphiQL.');
  return parts;
}
