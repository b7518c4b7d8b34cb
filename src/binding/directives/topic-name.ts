import type { ASTNode } from 'graphql';
import { type Topic, topic } from '../../core/ids.js';
import type { Diagnostics } from '../diagnostic.js';

/** The names that Kafka allows: org.apache.kafka.common.internals.Topic. */
const TOPIC_NAME = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/;

/** A topic that the schema names at `node`. `undefined`: the name is invalid, and a diagnostic was added. */
export function topicNamed(name: string, node: ASTNode, diagnostics: Diagnostics): Topic | undefined {
  if (TOPIC_NAME.test(name)) return topic(name);
  diagnostics.at(
    node,
    `Invalid topic name ${JSON.stringify(name)}.`,
    "Use 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-', but not '.' or '..'.",
  );
  return undefined;
}
