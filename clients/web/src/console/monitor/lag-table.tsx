import { Table, Text } from '@mantine/core';
import { counted } from '../../shared/counted';
import classes from './monitor.module.css';
import { Sparkline } from './sparkline';
import { type Lag, lagSentence, STAGES } from './wording';

const MAX_ROWS = 50;

/** What is behind, the worst first, from the end of the log to the socket. */
export function LagTable({ lags, leftOut }: { readonly lags: readonly Lag[]; readonly leftOut: number }) {
  if (lags.length === 0)
    return <Text size="sm">Nothing is behind: every event has reached its services, views and clients.</Text>;
  const shown = lags.slice(0, MAX_ROWS);
  const more = lags.length - shown.length + leftOut;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard (WCAG 2.1.1) */}
      <section className={classes.scroll} aria-label="Lag" tabIndex={0}>
        <Table verticalSpacing={4} miw={640}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Where</Table.Th>
              <Table.Th>Topic and partition</Table.Th>
              <Table.Th>Lag</Table.Th>
              <Table.Th>Last minute</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((lag) => (
              <Table.Tr key={`${lag.stage} ${lag.group} ${lag.topic} ${lag.partition}`}>
                <Table.Td title={`Waits ${STAGES[lag.stage].about}`}>
                  {STAGES[lag.stage].label}{' '}
                  <Text span size="xs" c="dimmed">
                    {lag.group}
                  </Text>
                </Table.Td>
                <Table.Td className="tabular">
                  {lag.topic}/{lag.partition}
                </Table.Td>
                <Table.Td className="tabular">{lagSentence(lag)}</Table.Td>
                <Table.Td>
                  <Sparkline values={lag.recent} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </section>
      {more > 0 && (
        <Text size="sm" c="dimmed">
          {counted(more, 'more partition')} behind by less.
        </Text>
      )}
    </>
  );
}
