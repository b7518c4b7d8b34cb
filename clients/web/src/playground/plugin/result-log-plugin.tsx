import type { GraphiQLPlugin } from '@graphiql/react';
import { ScrollText } from 'lucide-react';
import { ResultPane } from './result-pane.js';

/** GraphiQL shows the latest result alone; this pane of its sidebar keeps all of them. */
export const RESULT_LOG_PLUGIN: GraphiQLPlugin = {
  title: 'Results',
  icon: ScrollText,
  content: ResultPane,
};
