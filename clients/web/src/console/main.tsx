import '@mantine/core/styles.css';
import '../shared/style.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Styled } from '../shared/styled';
import { App } from './shell/app';

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root.');
createRoot(root).render(
  <StrictMode>
    <Styled>
      <App />
    </Styled>
  </StrictMode>,
);
