/** What each count means, and each label that is not a name of the project. */
export const COUNTS: Readonly<
  Record<
    string,
    { readonly title: string; readonly about: string; readonly labels: Readonly<Record<string, string>> }
  >
> = {
  ended: {
    title: 'Why subscriptions ended',
    about: 'By their clients, or by the error that their clients got.',
    labels: {
      closed: 'Closed by the client or its connection',
      completed: 'Completed',
      RESYNC_REQUIRED: 'Resync required: the events after its position are gone',
      SLOW_CONSUMER: 'The client was too slow (onSlow: DISCONNECT)',
      FORBIDDEN: 'Not allowed',
      UNAUTHENTICATED: 'Credentials missing or expired',
      BAD_REQUEST: 'Invalid request',
      CURSOR_INVALID: 'Invalid cursor',
      SHUTTING_DOWN: 'The node stopped',
      INTERNAL: 'An unexpected error: see the log of the node',
    },
  },
  repairs: {
    title: 'Repairs and replays',
    about: 'Ranges that were read again, by where they were found.',
    labels: { window: 'In the window (Redis)', log: 'In the log', ring: 'In the memory of the node' },
  },
  gaps: { title: 'Gaps', about: 'Events that the fan-out dropped and a node missed, by topic.', labels: {} },
  resyncs: {
    title: 'Resyncs',
    about: 'Subscriptions that had to start again, because events were gone.',
    labels: {
      RETENTION: 'Retention has deleted the events',
      TOPIC_RECREATED: 'The topic was deleted and created again',
    },
  },
  slowDisconnects: {
    title: 'Slow clients that were cut off',
    about: 'They can resume where they were.',
    labels: {
      timeout: 'Read nothing for too long',
      bytes: 'Too much was unread',
      policy: 'By onSlow: DISCONNECT',
    },
  },
  deadLetters: {
    title: 'Dead letters',
    about: 'Events that could not be handled, by topic.',
    labels: {},
  },
  serviceFailures: { title: 'Failures of services', about: 'Each attempt counts.', labels: {} },
  refused: { title: 'Refused callers', about: 'Requests and connections, by reason.', labels: {} },
  problems: {
    title: 'Problems',
    about: 'Failures in the background, which are retried. The log of the node has each of them.',
    labels: {},
  },
};
