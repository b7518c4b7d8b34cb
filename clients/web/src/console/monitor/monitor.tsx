import { Alert, Card, List, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { counted } from '../../shared/counted';
import { Failure } from '../../shared/failure';
import { Loading } from '../../shared/loading';
import { useConsoleSubscription } from '../../shared/use-console-subscription';
import { Page } from '../shell/page';
import { Chart, type Line } from './chart';
import { CountsCards } from './counts-cards';
import { LagTable } from './lag-table';
import { NodesTable } from './nodes-table';
import { MonitorDocument } from './operations';
import { useMoments } from './use-moments';
import {
  amount,
  bytes,
  healthSentences,
  type Monitor,
  milliseconds,
  refusalSentences,
  sharing,
  summary,
} from './wording';

const RATES: readonly Line[] = [
  { name: 'rate.published', label: 'Published' },
  { name: 'rate.relayed', label: 'Relayed' },
  { name: 'rate.delivered', label: 'Delivered' },
  { name: 'rate.handled', label: 'Handled by services' },
];
const LATENCIES: readonly Line[] = [
  { name: 'latency.p50', label: '50 %' },
  { name: 'latency.p95', label: '95 %' },
  { name: 'latency.p99', label: '99 %' },
];
const LAGS: readonly Line[] = [
  { name: 'lag.relay', label: 'Relay' },
  { name: 'lag.service', label: 'Services' },
  { name: 'lag.view', label: 'Views' },
  { name: 'lag.node', label: 'Nodes' },
  { name: 'lag.subscription', label: 'Clients' },
];
const CLIENTS: readonly Line[] = [
  { name: 'level.connections', label: 'Connections' },
  { name: 'level.subscriptions', label: 'Subscriptions' },
  { name: 'level.cohorts', label: 'Cohorts' },
];
const perSecond = (value: number): string => `${amount(value)}/s`;

/** The health of every node, what is behind, and the last hour. */
export default function MonitorPage() {
  const { data, error, restart } = useConsoleSubscription(MonitorDocument);
  return (
    <Page title="Monitor" about="The health of every node, what is behind, and the last hour. Live.">
      {data == null ? (
        error === undefined ? (
          <Loading what="the nodes" onRetry={restart} />
        ) : (
          <Failure title="The nodes cannot be shown." error={error} onRetry={restart} />
        )
      ) : (
        <Shown monitor={data.monitor} />
      )}
    </Page>
  );
}

function Shown({ monitor }: { readonly monitor: Monitor }) {
  const { moments, history, error, reload } = useMoments(monitor);
  return (
    <Stack gap="lg">
      <Text className="tabular">{summary(monitor)}</Text>
      <Problems monitor={monitor} />
      <Figures monitor={monitor} />
      <Section
        title="Lag"
        about="How many records wait, from the end of the log to the socket. The worst first."
      >
        <LagTable lags={monitor.lags} leftOut={monitor.lagsLeftOut} />
      </Section>
      <Section
        title="Nodes"
        about="Every process of Millrace. One that no longer answers is removed a few seconds later."
      >
        <NodesTable nodes={monitor.nodes} />
      </Section>
      <Section
        title="The last hour"
        about="All nodes that run now, together. Point at a chart to read every chart at that time."
      >
        {error !== undefined && (
          <Failure title="The last hour cannot be shown." error={error} onRetry={reload} />
        )}
        {history !== undefined && history.silent.length > 0 && (
          <Text size="sm">Not included, because they did not answer: {history.silent.join(', ')}.</Text>
        )}
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Chart title="Events a second" lines={RATES} moments={moments} format={perSecond} />
          <Chart
            title="Latency, from the log to the client"
            lines={LATENCIES}
            moments={moments}
            format={milliseconds}
          />
          <Chart
            title="Records behind, in the worst partition"
            lines={LAGS}
            moments={moments}
            format={amount}
          />
          <Chart title="Clients" lines={CLIENTS} moments={moments} format={amount} />
        </SimpleGrid>
      </Section>
      <Section title="What happened" about="Counted since the nodes have started.">
        <CountsCards counts={monitor.counts} />
      </Section>
    </Stack>
  );
}

/** What an operator has to act on. */
function Problems({ monitor: { nodes, unheard } }: { readonly monitor: Monitor }) {
  const sentences = [...refusalSentences(nodes), ...healthSentences(nodes)];
  return (
    <>
      {unheard != null && (
        <Alert color="yellow" title="Some nodes are not shown." icon={<TriangleAlert aria-hidden />}>
          {unheard}
        </Alert>
      )}
      {sentences.length > 0 && (
        <Alert color="red" title="A backend cannot be used." icon={<TriangleAlert aria-hidden />}>
          <List size="sm">
            {sentences.map((sentence) => (
              <List.Item key={sentence}>{sentence}</List.Item>
            ))}
          </List>
        </Alert>
      )}
    </>
  );
}

function Figures({ monitor: { rates, latency, levels, counts } }: { readonly monitor: Monitor }) {
  const deadLetters = counts.find(({ name }) => name === 'deadLetters')?.counts ?? [];
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="xs">
      <Figure
        label="Delivered"
        value={perSecond(rates.delivered)}
        about={`${perSecond(rates.executed)} executions`}
      />
      <Figure
        label="Latency, 99 %"
        value={milliseconds(latency.p99Ms)}
        about={latency.p50Ms == null ? 'nothing was delivered' : `half within ${milliseconds(latency.p50Ms)}`}
      />
      <Figure
        label="Connections"
        value={amount(levels.connections)}
        about={counted(levels.subscriptions, 'subscription')}
      />
      <Figure label="Cohorts" value={amount(levels.cohorts)} about={sharing(levels)} />
      <Figure
        label="Slow clients"
        value={amount(levels.slowClients)}
        about={`${bytes(levels.slowBytes)} unsent, ${amount(levels.behind)} behind`}
      />
      <Figure
        label="Dead letters"
        value={amount(deadLetters.reduce((sum, { count }) => sum + count, 0))}
        about="since the nodes started"
      />
    </SimpleGrid>
  );
}

function Figure({
  label,
  value,
  about,
}: {
  readonly label: string;
  readonly value: string;
  readonly about: string;
}) {
  return (
    <Card withBorder padding="xs">
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text size="xl" fw={600} className="tabular">
        {value}
      </Text>
      <Text size="xs" c="dimmed" className="tabular">
        {about}
      </Text>
    </Card>
  );
}

interface SectionProps {
  readonly title: string;
  readonly about: string;
  readonly children: ReactNode;
}

function Section({ title, about, children }: SectionProps) {
  return (
    <Stack gap="xs">
      <div>
        <Title order={2} size="h4">
          {title}
        </Title>
        <Text size="sm" c="dimmed">
          {about}
        </Text>
      </div>
      {children}
    </Stack>
  );
}
