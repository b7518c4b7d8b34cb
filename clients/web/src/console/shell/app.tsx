import { AppShell, Burger, Group, NavLink, ScrollArea, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Suspense } from 'react';
import { Link, Route, Router, Switch, useLocation } from 'wouter';
import { ErrorBoundary } from '../../shared/error-boundary';
import { Loading } from '../../shared/loading';
import { PAGES } from '../pages';
import { ColorSchemeSwitch } from './color-scheme-switch';
import { ConnectionLine } from './connection-line';
import { GraphiQLLink } from './graphiql-link';
import { NotFound } from './not-found';
import { SignIn } from './sign-in';
import { SignOut } from './sign-out';

const BASE = '/console';

export function App() {
  return (
    <Router base={BASE}>
      <Shell />
    </Router>
  );
}

function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const [location] = useLocation();
  return (
    <>
      <a className="skip-link" href="#main">
        Skip to the page
      </a>
      <AppShell
        header={{ height: 52 }}
        navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
        padding="md"
      >
        <AppShell.Header>
          <Group h="100%" px="md" justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap">
              <Burger
                opened={isOpen}
                onClick={toggle}
                hiddenFrom="sm"
                size="sm"
                aria-label={isOpen ? 'Close the navigation' : 'Open the navigation'}
                aria-expanded={isOpen}
              />
              <Text fw={650}>Millrace console</Text>
            </Group>
            <Group gap="xs" wrap="nowrap">
              <SignOut />
              <ColorSchemeSwitch />
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="xs" component="nav" aria-label="Pages">
          <AppShell.Section grow component={ScrollArea}>
            {PAGES.map(({ path, label, icon: Icon }) => {
              const to = path.replace(/\/\*$/, '');
              const isHere = to === '/' ? location === '/' : location === to || location.startsWith(`${to}/`);
              return (
                <NavLink
                  key={path}
                  component={Link}
                  href={to}
                  label={label}
                  active={isHere}
                  aria-current={isHere ? 'page' : undefined}
                  leftSection={<Icon size={18} aria-hidden />}
                  onClick={close}
                />
              );
            })}
            <GraphiQLLink />
          </AppShell.Section>
        </AppShell.Navbar>
        <AppShell.Main id="main" tabIndex={-1}>
          <ConnectionLine />
          {/* Another page is another boundary: a failure does not follow the reader. */}
          <ErrorBoundary key={location.split('/')[1]}>
            <Suspense fallback={<Loading what="the page" />}>
              <Switch>
                {PAGES.map(({ path, Component }) => (
                  <Route key={path} path={path} component={Component} />
                ))}
                <Route component={NotFound} />
              </Switch>
            </Suspense>
          </ErrorBoundary>
        </AppShell.Main>
      </AppShell>
      <SignIn />
    </>
  );
}
