import {
  Bell,
  CircleX,
  CloudUpload,
  Cog,
  Database,
  type LucideIcon,
  Search,
  Send,
  Table2,
  Users,
} from 'lucide-react';
import type { TopologyEdgeKind, TopologyNodeKind } from './operations';

interface Kind {
  /** One of them. */
  readonly one: string;
  readonly many: string;
  readonly icon: LucideIcon;
  /** A colour of Mantine's. */
  readonly color: string;
}

/** In the direction of the events. */
export const KINDS: Readonly<Record<TopologyNodeKind, Kind>> = {
  MUTATION: { one: 'Mutation', many: 'Mutations', icon: Send, color: 'grape' },
  PRODUCER: { one: 'Publisher', many: 'Publishers', icon: CloudUpload, color: 'gray' },
  TOPIC: { one: 'Topic', many: 'Topics', icon: Database, color: 'blue' },
  DEAD_LETTERS: { one: 'Dead letters', many: 'Dead letters', icon: CircleX, color: 'red' },
  SERVICE: { one: 'Service', many: 'Services', icon: Cog, color: 'teal' },
  VIEW: { one: 'View', many: 'Views', icon: Table2, color: 'cyan' },
  GROUP: {
    one: "Other program's consumer group",
    many: "Other programs' groups",
    icon: Users,
    color: 'gray',
  },
  QUERY: { one: 'Query', many: 'Queries', icon: Search, color: 'indigo' },
  SUBSCRIPTION: { one: 'Subscription', many: 'Subscriptions', icon: Bell, color: 'violet' },
};

export const KIND_NAMES = Object.keys(KINDS) as readonly TopologyNodeKind[];

export const isKind = (name: string): name is TopologyNodeKind => name in KINDS;

/** What a part does to the node that an edge leads to, and what is done to it. */
export const EDGE_WORDS: Readonly<Record<TopologyEdgeKind, { readonly to: string; readonly from: string }>> =
  {
    PUBLISHES: { to: 'Publishes to', from: 'Published by' },
    READS: { to: 'Read by', from: 'Reads' },
    ANSWERS: { to: 'Answers', from: 'Waits for' },
    SHOWS: { to: 'Shown by', from: 'Shows' },
    FAILS: { to: 'Dead letters in', from: 'Dead letters of' },
  };
