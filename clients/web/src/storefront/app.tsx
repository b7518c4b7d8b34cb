import {
  ActionIcon,
  Anchor,
  AppShell,
  Button,
  Container,
  Group,
  Indicator,
  Menu,
  Stack,
  Text,
  Title,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { Moon, ShoppingBasket, Sun, UserRound } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';
import { CartProvider, useCart } from './cart.js';
import { CartPage } from './cart-page.js';
import { CatalogueProvider } from './catalogue.js';
import { CataloguePage, ProductPage } from './catalogue-page.js';
import { CheckoutProvider } from './checkout.js';
import { ConnectionNotice } from './connection-notice.js';
import { MerchantPage } from './merchant-page.js';
import { Messages } from './messages.js';
import { OrderPage } from './order-page.js';
import { OrdersPage } from './orders-page.js';
import { SessionProvider, useSession } from './session.js';
import { SignInDialog } from './sign-in.js';

export function App() {
  return (
    <SessionProvider>
      <CatalogueProvider>
        <CheckoutProvider>
          <CartProvider>
            <Shop />
          </CartProvider>
        </CheckoutProvider>
      </CatalogueProvider>
    </SessionProvider>
  );
}

function Shop() {
  const { client } = useSession();
  const main = useRef<HTMLElement>(null);
  const arrived = useRef(true);
  const [path] = useLocation();
  // Another page is read from its top, by eye and by keyboard.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the path that changes.
  useEffect(() => {
    if (!arrived.current) {
      scrollTo(0, 0);
      main.current?.focus({ preventScroll: true });
    }
    arrived.current = false;
  }, [path]);
  return (
    <AppShell header={{ height: 60 }} padding={0}>
      <AppShell.Header>
        <Header />
      </AppShell.Header>
      <AppShell.Main ref={main} tabIndex={-1} style={{ outline: 'none' }}>
        <Container size="lg" py="xl">
          <Switch>
            <Route path="/" component={CataloguePage} />
            <Route path="/products/:sku" component={ProductPage} />
            <Route path="/cart" component={CartPage} />
            <Route path="/orders" component={OrdersPage} />
            <Route path="/orders/:orderId" component={OrderPage} />
            <Route path="/merchant" component={MerchantPage} />
            <Route component={NothingHere} />
          </Switch>
        </Container>
      </AppShell.Main>
      <SignInDialog />
      <ConnectionNotice client={client} />
    </AppShell>
  );
}

function Header() {
  const { name, isStaff } = useSession();
  return (
    <Container size="lg" h="100%">
      <Group h="100%" justify="space-between" wrap="nowrap" gap="xs">
        <Anchor
          component={Link}
          href="/"
          c="inherit"
          underline="never"
          aria-label="Mill & Basket, all products"
        >
          <Group gap={8} wrap="nowrap">
            <Logo />
            <Text ff="var(--mantine-font-family-headings)" fw={600} size="lg" visibleFrom="xs" aria-hidden>
              Mill &amp; Basket
            </Text>
          </Group>
        </Anchor>
        <Group gap={4} wrap="nowrap" component="nav" aria-label="Shop">
          {isStaff && (
            <Button component={Link} href="/merchant" variant="subtle" color="gray" px="xs">
              Board
            </Button>
          )}
          <ColorScheme />
          {name !== undefined && <Messages key={name} />}
          <CartLink />
          <Account />
        </Group>
      </Group>
    </Container>
  );
}

function CartLink() {
  const { lines } = useCart();
  const count = lines.reduce((sum, { quantity }) => sum + quantity, 0);
  return (
    <Indicator label={count} size={16} offset={4} disabled={count === 0} className="tabular">
      <ActionIcon
        component={Link}
        href="/cart"
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={count === 0 ? 'Cart, empty' : `Cart, ${count} ${count === 1 ? 'item' : 'items'}`}
      >
        <ShoppingBasket size={20} />
      </ActionIcon>
    </Indicator>
  );
}

function Account() {
  const { name, askName, signOut } = useSession();
  if (name === undefined)
    return (
      <Button onClick={askName} size="sm" ml={4}>
        Sign in
      </Button>
    );
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <Button variant="subtle" color="gray" px="xs" leftSection={<UserRound size={18} />} maw={140}>
          {name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} href="/orders">
          Your orders
        </Menu.Item>
        <Menu.Item component={Link} href="/merchant">
          For the merchant
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={askName}>Use another name</Menu.Item>
        <Menu.Item onClick={signOut}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function ColorScheme() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const isDark = scheme === 'dark';
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
      aria-label={isDark ? 'Light colours' : 'Dark colours'}
    >
      {isDark ? <Sun size={20} /> : <Moon size={20} />}
    </ActionIcon>
  );
}

/** A millstone. */
function Logo() {
  return (
    <svg width="30" height="30" viewBox="0 0 30 30" aria-hidden="true" focusable="false">
      <circle cx="15" cy="15" r="13" fill="none" stroke="currentColor" strokeWidth="2" />
      <circle cx="15" cy="15" r="3.5" fill="none" stroke="currentColor" strokeWidth="2" />
      <path
        d="M15 11.5 V2 M18.5 15 H28 M15 18.5 V28 M11.5 15 H2 M17.5 12.5 L24 6 M17.5 17.5 L24 24 M12.5 17.5 L6 24 M12.5 12.5 L6 6"
        stroke="currentColor"
        strokeWidth="1.5"
      />
    </svg>
  );
}

function NothingHere() {
  return (
    <Stack>
      <Title order={1}>There is nothing here</Title>
      <Anchor component={Link} href="/">
        See everything that is for sale
      </Anchor>
    </Stack>
  );
}
