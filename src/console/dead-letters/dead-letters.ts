import { withSignal } from '../../core/async.js';
import { isWellFormed, textOfBytes } from '../../core/byte-text.js';
import { MillraceError, messageOf } from '../../core/errors.js';
import { subjectOf } from '../../core/identity.js';
import { isTopicName, type Topic, topic } from '../../core/ids.js';
import { positionName } from '../../core/position.js';
import { isoTime } from '../../core/terminal-text.js';
import { EditError, type EditedBytes, type RecordEdit } from '../../dead-letters/edit.js';
import { UNKNOWN_FORMAT_REASON } from '../../dead-letters/groups.js';
import { type LetterSelection, MAX_NAMED_LETTERS, NoSuchLetter } from '../../dead-letters/letter-finder.js';
import { type GroupedLetter, lettersOfGroup } from '../../dead-letters/letters-of-group.js';
import type { DeadLetterOffice } from '../../dead-letters/office.js';
import type { SecurityLog } from '../../observe/security-log.js';
import type { EventLog } from '../../ports/event-log.js';
import type { ConsoleContext, ConsolePage } from '../page.js';
import { ReadingSlots } from '../reading-slots.js';
import { groupsFeed, MAX_RECORDS_READ, recordsPerTopic } from './groups-feed.js';
import { detailOf } from './letter-detail.js';
import type { RedriveRuns, RunReport } from './redrive-runs.js';

export interface DeadLettersParts {
  readonly office: DeadLetterOffice;
  readonly runs: RedriveRuns;
  readonly log: EventLog;
  /** Who put what back. */
  readonly securityLog: Pick<SecurityLog, 'did'>;
}

/** S4: how many pages follow the groups on a node. Each reads the dead letters for itself. */
const MAX_FEEDS = 16;
const MAX_LISTED = 1_000;
const MAX_TESTED = 10_000;
/** How many records one run puts back, and how many records of a dead-letter topic it reads for that. */
const MAX_PUT_BACK = 10_000;
const MAX_LEDGER_RECORDS = 1_000_000;
/** A mutation answers by then, and the run goes on. */
const ANSWER_WITHIN_MS = 10_000;
const MAX_REASONS_CHARS = 300;

interface SelectionInput {
  readonly letters?: readonly string[] | null;
  readonly group?: string | null;
  readonly topic?: string | null;
}

interface BytesInput {
  readonly text?: string | null;
  readonly data?: string | null;
  readonly base64?: string | null;
  readonly none?: boolean | null;
}

interface EditInput {
  readonly value?: BytesInput | null;
  readonly key?: BytesInput | null;
  readonly headers?:
    | readonly { readonly name: string; readonly value?: string | null; readonly base64?: string | null }[]
    | null;
  readonly newId: boolean;
}

/** Dead letters by cause: what failed, whether it would fail again, and putting records back. */
export function deadLettersPage(parts: DeadLettersParts): ConsolePage {
  const { office, runs, log } = parts;
  const feeds = new ReadingSlots(MAX_FEEDS);
  return {
    Query: {
      deadLetters: (args: { topic?: string | null; group?: string | null; limit: number }, { signal }) =>
        explained(async () => {
          const topics = await office.finder.topics(signal, named(args.topic));
          const limit = Math.min(Math.max(1, args.limit), MAX_LISTED);
          const options = { log, topics, group: args.group ?? undefined, limit };
          const perTopic = recordsPerTopic(topics);
          const found = await lettersOfGroup({ ...options, recordsPerTopic: perTopic }, signal);
          const letters = found.letters.map((letter) => shownLetter(letter, office));
          return { letters, leftOut: found.leftOut, notRead: found.skipped };
        }),
      deadLetter: ({ id }: { id: string }, { signal }) =>
        explained(async () => {
          const report = await office.letter(id, { recordsPerTopic: MAX_RECORDS_READ }, signal);
          return report && detailOf(report);
        }),
      deadLetterDryRun: ({ selection }: { selection: SelectionInput }, { signal }) =>
        explained(async () => {
          const chosen = await selectionOf(office, selection, signal);
          const perTopic = 'topics' in chosen ? recordsPerTopic(chosen.topics) : MAX_RECORDS_READ;
          const limits = { limit: MAX_TESTED, recordsPerTopic: perTopic };
          const { counts, letters, ...found } = await office.dryRun(chosen, limits, signal);
          return {
            tested: letters.length,
            goesThrough: counts.GOES_THROUGH,
            failsAgain: counts.FAILS_AGAIN,
            notTested: counts.NOT_TESTED,
            reasons: found.reasons,
            letters: letters.slice(0, MAX_LISTED).map(({ at, originName: position, verdict, reason }) => {
              return { id: positionName(at), position, verdict, reason: reason.slice(0, MAX_REASONS_CHARS) };
            }),
            alreadyPutBack: found.redriven,
            beyondLimit: found.notTested,
            notRead: found.skipped,
          };
        }),
      deadLetterEditTest: ({ id, edit }: { id: string; edit: EditInput }, { signal }) =>
        explained(() => office.tryEdit(id, editOf(edit), signal)),
    },
    Mutation: {
      putBackDeadLetters: ({ selection }: { selection: SelectionInput }, context) =>
        explained(async () => {
          const chosen = await selectionOf(office, selection, context.signal);
          const by = subjectOf(context.identity);
          const limits = { limit: MAX_PUT_BACK, maxRecordsRead: MAX_LEDGER_RECORDS };
          const id = runs.start((onRedriven, signal) =>
            office.redrive(chosen, { by, onRedriven, ...limits }, signal),
          );
          note(parts, context, 'dead letters are put back', {
            run: id,
            selection: JSON.stringify(selection),
          });
          return answerOf(runs, id, context.signal);
        }),
      putBackEditedDeadLetter: (
        { id: letter, edit, force }: { id: string; edit: EditInput; force: boolean },
        context,
      ) =>
        explained(async () => {
          const by = subjectOf(context.identity);
          const changes = editOf(edit);
          const limits = { maxRecordsRead: MAX_LEDGER_RECORDS };
          const id = runs.start((onRedriven, signal) =>
            office.redriveEdited(letter, changes, { force, by, onRedriven, ...limits }, signal),
          );
          const forced = force ? 'yes' : 'no';
          note(parts, context, 'an edited copy of a dead letter is put back', { run: id, letter, forced });
          return answerOf(runs, id, context.signal);
        }),
    },
    Subscription: {
      deadLetterGroups: async function* ({ topic: of }: { topic?: string | null }, { signal }) {
        using _slot = feeds.take();
        yield* groupsFeed(office, log, named(of), signal);
      },
      deadLetterRun: ({ id }: { id: string }, { signal }) => payloads(runs.follow(id, signal)),
    },
  };
}

async function* payloads(reports: AsyncIterable<RunReport>) {
  for await (const data of reports) yield { data };
}

/** The report of a run that has ended, or of one that takes longer than anybody waits for an answer. */
async function answerOf(runs: RedriveRuns, id: string, signal: AbortSignal): Promise<RunReport> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
  const end = (async () => {
    for await (const report of runs.follow(id, patience)) if (report.state !== 'RUNNING') return;
  })();
  await withSignal(end, patience).catch(() => undefined);
  return runs.report(id);
}

function note(
  { securityLog }: DeadLettersParts,
  { identity }: ConsoleContext,
  message: string,
  fields: Readonly<Record<string, string>>,
): void {
  securityLog.did(message, { subject: subjectOf(identity), ...fields });
}

/** What a reader can mend is theirs to read. */
async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof EditError || error instanceof NoSuchLetter)
      throw new MillraceError('BAD_REQUEST', messageOf(error), { cause: error });
    throw error;
  }
}

/** S4: what is no name is not asked of the log. @throws {MillraceError} BAD_REQUEST */
function named(name: string | null | undefined): readonly Topic[] | undefined {
  if (name == null || name === '') return undefined;
  if (!isTopicName(name)) throw new MillraceError('BAD_REQUEST', 'This is not the name of a topic.');
  return [topic(name)];
}

async function selectionOf(
  office: DeadLetterOffice,
  { letters, group, topic: of }: SelectionInput,
  signal: AbortSignal,
): Promise<LetterSelection> {
  if (letters != null) {
    if (letters.length > MAX_NAMED_LETTERS)
      throw new MillraceError(
        'LIMIT_EXCEEDED',
        `Select at most ${MAX_NAMED_LETTERS} dead letters, or a whole group.`,
      );
    return { kind: 'LETTERS', names: [...new Set(letters)] };
  }
  const topics = await office.finder.topics(signal, named(of));
  return group == null ? { kind: 'ALL', topics } : { kind: 'GROUP', id: group, topics };
}

function editOf({ value, key, headers, newId }: EditInput): RecordEdit {
  return {
    value: value == null ? undefined : bytesOf(value),
    key: key == null ? undefined : bytesOf(key),
    headers: headers?.map(({ name, value: text, base64 }) => [
      name,
      base64 == null ? (text ?? null) : textOfBytes(Buffer.from(base64, 'base64')),
    ]),
    newId,
  };
}

function bytesOf({ text, data, base64 }: BytesInput): EditedBytes {
  if (text != null) return { kind: 'TEXT', text };
  if (data != null) return { kind: 'DATA', text: data };
  return base64 == null ? { kind: 'NONE' } : { kind: 'BASE64', text: base64 };
}

function shownLetter(found: GroupedLetter, office: DeadLetterOffice): object {
  const { at, timestamp, letter, key, value, count, redriven } = found;
  const preview = value?.toString('utf8');
  return {
    id: positionName(at),
    time: isoTime(timestamp),
    position: letter && positionName(letter.origin),
    reason: letter?.reason ?? UNKNOWN_FORMAT_REASON,
    key: key === null ? undefined : office.keyText(letter?.origin.topic, key),
    preview: preview === undefined || !isWellFormed(preview) ? undefined : preview,
    letters: count,
    isPutBack: redriven,
  };
}
