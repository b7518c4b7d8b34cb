import { styleText } from 'node:util';
import type { Step } from '#client';
import { unmarked } from '../client/exact-numbers.js';

/** One result as one line. */
export type Render = (step: Step<unknown>) => string;

/**
 * One JSON object a line, for programs: what the server sent, and what the client knows of it. Line separators of Unicode are
 * escaped, because some readers take them for the end of a line.
 */
export const renderJson: Render = ({ data, errors, event, snapshot, replayed, cursor }) =>
  oneLine(
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
    const text = printable(oneLine(JSON.stringify(data)));
    return [...(head === undefined ? [] : [dim(printable(head))]), text, ...failures].join('  ');
  };
}

const oneLine = (json: string): string => unmarked(json).replace(/[\u0085\u2028\u2029]/g, escaped);

/** Without control characters: an event's text must not command the terminal. */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
  text.replace(/[\u0000-\u001f\u007f-\u009f]/g, escaped);

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
