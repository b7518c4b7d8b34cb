import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf } from '../core/errors.js';
import { positionName } from '../core/position.js';
import { type DeadLettersCommand, DeadLettersError, parsePosition, topicsOf } from './command.js';
import { EditError, type EditedBytes, type RecordEdit } from './edit.js';

export interface EditArguments {
  readonly value?: string;
  readonly valueFile?: string;
  readonly dataFile?: string;
  readonly key?: string;
  readonly headersFile?: string;
  readonly newId: boolean;
  readonly force: boolean;
  readonly dryRun: boolean;
}

const Headers = z.union([
  z.record(z.string(), z.string().nullable()).transform((headers) => Object.entries(headers)),
  z.array(z.tuple([z.string(), z.string().nullable()])),
]);

/** `millrace dead-letters edit`. @returns whether the copy was put back, or would be */
export async function edit(command: DeadLettersCommand, at: string, given: EditArguments): Promise<boolean> {
  const { office, print, printError, signal } = command;
  const position = positionName(parsePosition(at, command));
  const changes = await editOf(given);
  const name = await office.finder.letterAbout(position, await topicsOf(command), signal);
  if (name === undefined) throw new DeadLettersError(`There is no dead letter for ${position}.`);
  if (given.dryRun) {
    const { verdict, reason } = await tried(() => office.tryEdit(name, changes, signal));
    print(
      `${verdict === 'FAILS_AGAIN' ? 'Would fail' : 'Would be put back'}: ${reason} Nothing was written.`,
    );
    return verdict !== 'FAILS_AGAIN';
  }
  const done = await office.redriveEdited(name, changes, { force: given.force }, signal);
  if (done.kind === 'REFUSED') {
    printError(`Nothing was written: ${done.reason} Use --force to put it back all the same.`);
    return false;
  }
  const { outcome, to } = done;
  for (const { reason } of outcome.failed) printError(`${position} was not redriven: ${reason}`);
  if (outcome.redriven > 0)
    print(`${position} was redriven with changes${to ? ` to ${positionName(to)}` : ''}`);
  else if (outcome.failed.length === 0)
    printError(`${position} had been redriven before. Nothing was written.`);
  return outcome.redriven > 0;
}

async function editOf(given: EditArguments): Promise<RecordEdit> {
  const values = [given.value, given.valueFile, given.dataFile].filter((one) => one !== undefined);
  if (values.length > 1) throw new DeadLettersError('Give one of --value, --value-file and --data-file.');
  const { value, valueFile, dataFile, key, headersFile, newId } = given;
  const edited: EditedBytes | undefined =
    value !== undefined
      ? { kind: 'TEXT', text: value }
      : valueFile !== undefined
        ? { kind: 'BASE64', text: (await read(valueFile)).toString('base64') }
        : dataFile !== undefined
          ? { kind: 'DATA', text: (await read(dataFile)).toString('utf8') }
          : undefined;
  return {
    value: edited,
    key: key === undefined ? undefined : { kind: 'TEXT', text: key },
    headers:
      headersFile === undefined
        ? undefined
        : headersIn((await read(headersFile)).toString('utf8'), headersFile),
    newId,
  };
}

function headersIn(text: string, file: string): RecordEdit['headers'] {
  try {
    return Headers.parse(JSON.parse(text));
  } catch {
    throw new DeadLettersError(
      `${file} has no headers. Write a JSON object of texts, or a list of [name, value] if names repeat.`,
    );
  }
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new DeadLettersError(`${file} cannot be read: ${messageOf(error)}`);
  }
}

async function tried<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof EditError) throw new DeadLettersError(error.message);
    throw error;
  }
}
