import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './storefront.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { createRoot } from 'react-dom/client';
import { nonce } from '../shared/nonce';
import { App } from './app.js';
import { theme, variables } from './theme.js';

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root.');
createRoot(root).render(
  <MantineProvider
    theme={theme}
    cssVariablesResolver={variables}
    defaultColorScheme="auto"
    getStyleNonce={() => nonce}
  >
    <Notifications position="bottom-right" />
    <App />
  </MantineProvider>,
);
