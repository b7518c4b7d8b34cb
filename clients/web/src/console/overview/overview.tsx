import { Card, DataList, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Failure } from '../../shared/failure';
import { Loading } from '../../shared/loading';
import { RelativeTime } from '../../shared/relative-time';
import { useConsoleQuery } from '../../shared/use-console-query';
import { PAGES } from '../pages';
import { Page } from '../shell/page';
import { OverviewDocument, type OverviewQuery } from './operations';

/** The entry: what each page answers, and which gateway the reader looks at. */
export default function Overview() {
  return (
    <Page title="Overview" about="What each page shows, and which gateway answers.">
      <PageCards />
      <GatewayFacts />
    </Page>
  );
}

function PageCards() {
  const pages = PAGES.filter(({ path }) => path !== '/');
  if (pages.length === 0) return null;
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
      {pages.map(({ path, label, about, icon: Icon }) => (
        <Card key={path} component={Link} href={path.replace(/\/\*$/, '')} withBorder padding="md">
          <Icon size={20} aria-hidden />
          <Text fw={600} mt="xs">
            {label}
          </Text>
          <Text size="sm" c="dimmed">
            {about}
          </Text>
        </Card>
      ))}
    </SimpleGrid>
  );
}

function GatewayFacts() {
  const { data, error, reload } = useConsoleQuery(OverviewDocument, {});
  if (data === undefined)
    return error === undefined ? (
      <Loading what="the gateway" onRetry={reload} />
    ) : (
      <Failure title="The gateway cannot be shown." error={error} onRetry={reload} />
    );
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        This gateway
      </Title>
      <DataList>
        {factsOf(data).map(([label, value]) => (
          <DataList.Item key={label}>
            <DataList.ItemLabel>{label}</DataList.ItemLabel>
            <DataList.ItemValue>{value}</DataList.ItemValue>
          </DataList.Item>
        ))}
      </DataList>
    </Stack>
  );
}

function factsOf({ me, gateway }: OverviewQuery): readonly (readonly [string, ReactNode])[] {
  const { subject, roles, expiresAt } = me;
  return [
    ['Version', `Millrace ${gateway.version} on Node.js ${gateway.node}`],
    ['Started', <RelativeTime key="started" at={gateway.startedAt} />],
    ['Log', gateway.log],
    ['Fan-out', gateway.fanout],
    [
      'You are',
      `${subject ?? 'anonymous'}${roles.length === 0 ? '' : `, with the roles ${roles.join(', ')}`}`,
    ],
    ...(expiresAt === null || expiresAt === undefined
      ? []
      : [['Your credentials expire', <RelativeTime key="expires" at={expiresAt} />] as const]),
    [
      'Access',
      gateway.role == null ? 'Everyone who reaches the gateway' : `Callers with the role ${gateway.role}`,
    ],
  ];
}
