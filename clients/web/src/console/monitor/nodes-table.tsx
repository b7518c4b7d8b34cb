import { Group, Table, Text } from '@mantine/core';
import { CircleAlert, CircleCheck, CircleDashed, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { nodeName } from '../../shared/node-name';
import classes from './monitor.module.css';
import { amount, bytes, duration, type MonitorNode } from './wording';

/** Every node, with its health and what it uses. */
export function NodesTable({ nodes }: { readonly nodes: readonly MonitorNode[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard (WCAG 2.1.1)
    <section className={classes.scroll} aria-label="Nodes" tabIndex={0}>
      <Table verticalSpacing="xs" miw={760}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Node</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th className={classes.number}>Uptime</Table.Th>
            <Table.Th className={classes.number}>CPU</Table.Th>
            <Table.Th className={classes.number}>Event-loop delay, 99 %</Table.Th>
            <Table.Th className={classes.number}>Memory</Table.Th>
            <Table.Th className={classes.number}>Connections</Table.Th>
            <Table.Th className={classes.number}>Subscriptions</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {nodes.map((node) => (
            <NodeRow key={node.id} node={node} />
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

function NodeRow({ node }: { readonly node: MonitorNode }) {
  const { name, isSelf, workerOf, roles, services, version, levels } = node;
  return (
    <Table.Tr className={node.isAnswering ? undefined : classes.silent}>
      <Table.Td>
        <Text size="sm" fw={600} className="tabular">
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          {`${nodeName(node.id)}, ${roles.join(', ')}`}
          {workerOf != null && `, worker of ${workerOf}`}
          {`, version ${version}`}
          {isSelf && ', answers this page'}
        </Text>
        {services.length > 0 && (
          <Text size="xs" c="dimmed">
            Services and views: {services.join(', ')}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <State node={node} />
      </Table.Td>
      <Table.Td className={classes.number}>{duration(node.uptimeSeconds)}</Table.Td>
      <Table.Td className={classes.number}>{amount(node.cpuShare * 100)} %</Table.Td>
      <Table.Td className={classes.number}>{amount(node.loopDelayMs)} ms</Table.Td>
      <Table.Td className={classes.number}>{bytes(node.residentBytes)}</Table.Td>
      <Table.Td className={classes.number}>{amount(levels.connections)}</Table.Td>
      <Table.Td className={classes.number}>{amount(levels.subscriptions)}</Table.Td>
    </Table.Tr>
  );
}

/** In words: a colour alone tells nothing to some readers. */
function State({ node }: { readonly node: MonitorNode }) {
  if (!node.isAnswering)
    return <Said icon={CircleDashed}>Silent for {duration(node.reportedSecondsAgo)}</Said>;
  const failing = node.checks.filter(({ outcome }) => outcome !== 'ok');
  if (failing.length === 0)
    return (
      <Said icon={CircleCheck} colour="green">
        Ready
      </Said>
    );
  return failing.map(({ name, outcome }) => (
    <Said key={name} icon={CircleAlert} colour="red">
      {name}: {outcome}
    </Said>
  ));
}

interface SaidProps {
  readonly icon: LucideIcon;
  readonly colour?: string;
  readonly children: ReactNode;
}

function Said({ icon: Icon, colour = 'gray', children }: SaidProps) {
  return (
    <Group gap={6} wrap="nowrap" miw="max-content">
      <Icon size={16} color={`var(--mantine-color-${colour}-filled)`} aria-hidden />
      <Text size="sm">{children}</Text>
    </Group>
  );
}
