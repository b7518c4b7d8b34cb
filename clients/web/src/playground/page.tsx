// Not `graphiql/style.css`, which has 340 kB of fonts.
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './playground.css';
import { createRoot } from 'react-dom/client';
import { ResultLog } from './log/result-log.js';
import { Playground } from './playground.js';
import { Clients } from './run/clients.js';
import { Runs } from './run/runs.js';
import { readSettings } from './settings.js';

const settings = readSettings(document);
const log = new ResultLog();
const runs = new Runs(log, new Clients(settings.transports));
const root = document.getElementById('root');
if (root === null) throw new Error('The page has no element with the id `root`.');
createRoot(root).render(<Playground settings={settings} log={log} runs={runs} />);
