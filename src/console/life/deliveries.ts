import { z } from 'zod';
import type { EventTrail, TrailAnswer, TrailQuestion } from '../../observe/event-trail.js';
import type { NodeRegistry } from '../../ports/node-registry.js';
import { shownTime } from './shown.js';

/** The topic of questions between nodes. */
const TRAIL_TOPIC = 'trail';
/** How long nodes have to answer. Those that do not are named. */
const ANSWER_MS = 500;
/** S4: how many events one question asks about. */
export const MAX_POSITIONS = 500;

interface AskedPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

const integer = z.number().int().nonnegative();
const questionSchema = z
  .array(z.object({ topic: z.string(), partition: integer, offsets: z.array(integer).max(MAX_POSITIONS) }))
  .max(MAX_POSITIONS);
/** Another node may run another version. */
const answerSchema = z.object({
  since: z.number(),
  isCut: z.boolean(),
  entries: z.array(
    z.object({
      kind: z.enum(['relayed', 'received', 'shown', 'repaired']),
      of: integer,
      first: integer,
      last: integer,
      time: z.number(),
      field: z.string().optional(),
      clients: integer.optional(),
    }),
  ),
});

/** Answers what other nodes, and this one, ask about this node's trail. */
export function answerTrailQuestions(registry: NodeRegistry, trail: EventTrail): Disposable {
  return registry.answer(TRAIL_TOPIC, (question): TrailAnswer | undefined => {
    const parsed = questionSchema.safeParse(question);
    return parsed.success ? trail.answer(parsed.data) : undefined;
  });
}

/** Asks all nodes what they did with some events: `LifeDeliveries` of the schema. */
export async function askDeliveries(registry: NodeRegistry, positions: readonly AskedPosition[]) {
  const questions = questionsOf(positions);
  const { answers, silent, unheard } = await registry.ask(TRAIL_TOPIC, questions, ANSWER_MS);
  const nodes = [];
  const steps = [];
  const wrong = [];
  for (const { node, answer } of answers) {
    const parsed = answerSchema.safeParse(answer);
    if (!parsed.success) {
      wrong.push(node);
      continue;
    }
    const { since, isCut, entries } = parsed.data;
    nodes.push({ id: node, isSelf: node === registry.id, since: shownTime(since), isCut });
    for (const { kind, of, first, last, time, field = null, clients = null } of entries) {
      const asked = questions[of];
      if (asked === undefined) continue;
      const { topic, partition } = asked;
      const what = { kind: kind.toUpperCase(), topic, partition, first, last };
      steps.push({ node, ...what, time: shownTime(time), field, clients });
    }
  }
  return { nodes, silent: [...silent, ...wrong], unheard: unheard ?? null, steps };
}

/** One question for each partition. */
function questionsOf(positions: readonly AskedPosition[]): readonly TrailQuestion[] {
  const byPartition = new Map<string, TrailQuestion & { readonly offsets: number[] }>();
  for (const { topic, partition, offset } of positions) {
    const name = `${topic}/${partition}`;
    const question = byPartition.get(name) ?? { topic, partition, offsets: [] };
    question.offsets.push(offset);
    byPartition.set(name, question);
  }
  return [...byPartition.values()];
}
