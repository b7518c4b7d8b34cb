import { useEffect, useState } from 'react';
import { ask } from '../../shared/console-client';
import { type Deliveries, merged } from './deliveries';
import type { FoundEvent } from './found';
import { LifeDeliveriesDocument } from './operations';

/** The first events are asked about: what happened to the ten-thousandth of one flow, nobody asks in a list. */
const MAX_ASKED = 1_000;
const PER_QUESTION = 500;

interface Asked {
  readonly deliveries: Deliveries | undefined;
  readonly error: { readonly message: string } | undefined;
}

/** Asks all nodes what they did with the events, once they are found, and again when there are others. */
export function useDeliveries(events: readonly FoundEvent[], isFound: boolean): Asked {
  const [asked, setAsked] = useState<Asked>({ deliveries: undefined, error: undefined });
  const names = events.slice(0, MAX_ASKED).map(({ position }) => position);
  const identity = isFound ? names.join(' ') : '';
  // biome-ignore lint/correctness/useExhaustiveDependencies: `identity` stands for the events.
  useEffect(() => {
    if (identity === '') return;
    const abort = new AbortController();
    const positions = events
      .slice(0, MAX_ASKED)
      .map(({ topic, partition, offset }) => ({ topic, partition, offset }));
    const questions = [];
    for (let i = 0; i < positions.length; i += PER_QUESTION)
      questions.push(
        ask(LifeDeliveriesDocument, { positions: positions.slice(i, i + PER_QUESTION) }, abort.signal),
      );
    Promise.all(questions).then(
      (answers) =>
        setAsked({
          deliveries: merged(answers.map(({ lifeDeliveries }) => lifeDeliveries)),
          error: undefined,
        }),
      (error: unknown) => {
        if (!abort.signal.aborted)
          setAsked({
            deliveries: undefined,
            error: error instanceof Error ? error : new Error(String(error)),
          });
      },
    );
    return () => abort.abort();
  }, [identity]);
  return asked;
}
