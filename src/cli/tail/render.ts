import { styleText } from 'node:util';
import type { Step } from '#client';
import { oneLine, printable } from '../../core/terminal-text.js';
import { unmarked } from '../client/exact-numbers.js';

/** One result as one line. */
export type Render = (step: Step<unknown>) => string;

/** One JSON object a line, for programs: what the server sent, and what the client knows of it. */
export const renderJson: Render = ({ data, errors, event, snapshot, replayed, cursor }) =>
  shown(
    JSON.stringify({
      data,
      ...(errors !== undefined && { errors }),
      ...(event !== undefined && { event }),
      ...(snapshot && { snapshot }),
      ...(replayed && { replayed }),
      ...(cursor !== undefined && { cursor }),
    }),
  );

/** For people: when, where, and the data. */
export function renderText(hasColors: boolean): Render {
  const dim = (text: string): string => (hasColors ? styleText('dim', text) : text);
  const red = (text: string): string => (hasColors ? styleText('red', text) : text);
  return ({ data, errors = [], event, snapshot }) => {
    const place = event && `${event.time} ${event.topic}/${event.partition}@${event.offset}`;
    const head = snapshot ? 'state' : place;
    const failures = errors.map(({ message }) => red(printable(message)));
    const text = printable(shown(JSON.stringify(data)));
    return [...(head === undefined ? [] : [dim(printable(head))]), text, ...failures].join('  ');
  };
}

const shown = (json: string): string => oneLine(unmarked(json));
