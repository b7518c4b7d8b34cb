import './workers.js';

// Both at once: GraphiQL asks for its editor only after it has rendered.
void import('monaco-graphql/esm/monaco-editor.js');
void import('./page.js');
