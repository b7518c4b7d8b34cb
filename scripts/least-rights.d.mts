import type { Right } from './services/secured-kafka.d.mts';

/** What a right is about, as the docs describe it. */
export type RightName =
  | 'topics'
  | 'topicsAndLetters'
  | 'followed'
  | 'published'
  | 'followedLetters'
  | 'relayed'
  | 'relayedLetters'
  | 'serviceInputs'
  | 'serviceInputLetters'
  | 'serviceOutputs'
  | 'viewInputs'
  | 'viewInputLetters'
  | 'append'
  | 'relayGroup'
  | 'service'
  | 'viewGroup'
  | 'letters'
  | 'springLetters'
  | 'redriveGroup'
  | 'created';

export interface NamedRight extends Omit<Right, 'name'> {
  readonly names: RightName;
  readonly why: string;
}

export type Role =
  | 'gateway'
  | 'relay'
  | 'a service'
  | 'a view'
  | 'any of these with `TOPIC_CREATE=true`'
  | 'check --live'
  | 'dead-letters list'
  | 'dead-letters retry'
  | 'replay of a service'
  | 'replay of a view';

/** In the words of the docs. */
export const NAMES: Readonly<Record<RightName, string>>;
export const LEAST_RIGHTS: Readonly<Record<Role, readonly NamedRight[]>>;
