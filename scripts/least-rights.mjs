/**
 * The rights on Kafka that each role needs. `npm run docs:tables` writes them into docs/operating.md, and
 * test/live/least-rights.test.ts runs each role with exactly these, and with each one missing.
 */
export const NAMES = {
  topics: 'each topic of the schema, and of the services and views of the process',
  topicsAndLetters:
    'each topic of the schema, and of the services and views of the process, and its dead-letter topic',
  followed: 'each topic of `@subscribe` and of an `outcome`',
  published: 'each topic of `@publish`',
  followedLetters: 'the dead-letter topic of each topic of `@subscribe`',
  relayed: 'each topic whose events a field publishes or shows',
  relayedLetters: 'the dead-letter topic of each of these',
  serviceInputs: 'each topic that it reads',
  serviceInputLetters: 'the dead-letter topic of each topic that it reads',
  serviceOutputs: 'each topic of its events',
  viewInputs: 'each topic that it reads',
  viewInputLetters: 'the dead-letter topic of each topic that it reads',
  append: '`millrace-append-`',
  relayGroup: '`<NAMESPACE>-relay`',
  service: '`<NAMESPACE>-service-<name>`',
  viewGroup: '`<NAMESPACE>-view-<name>`',
  letters: 'each dead-letter topic',
  springLetters: '`<topic>-dlt` and `<topic>.DLT`, also if they do not exist',
  redriveGroup: '`<NAMESPACE>-dead-letters`',
  created: 'each topic that is to be created, and its dead-letter topic; or `kafka-cluster` as `Cluster`',
};

const known = {
  resource: 'TOPIC',
  names: 'topicsAndLetters',
  operations: ['DESCRIBE'],
  why: 'the check at start; `Read` and `Write` include it',
};

/** @type {Readonly<Record<string, readonly import('./least-rights.d.mts').NamedRight[]>>} */
export const LEAST_RIGHTS = {
  gateway: [
    known,
    {
      resource: 'TOPIC',
      names: 'followed',
      operations: ['READ'],
      why: 'replays and repairs of subscriptions',
    },
    { resource: 'TOPIC', names: 'published', operations: ['WRITE'], why: 'mutations' },
    {
      resource: 'TRANSACTIONAL_ID',
      names: 'append',
      prefix: true,
      operations: ['WRITE'],
      why: 'mutations that publish several events',
    },
    {
      resource: 'TOPIC',
      names: 'followedLetters',
      operations: ['WRITE'],
      why: 'dead letters of events that a field fails on',
    },
  ],
  relay: [
    known,
    { resource: 'TOPIC', names: 'relayed', operations: ['READ'], why: 'reading events' },
    { resource: 'GROUP', names: 'relayGroup', operations: ['READ'], why: 'sharing partitions, and progress' },
    {
      resource: 'TOPIC',
      names: 'relayedLetters',
      operations: ['WRITE'],
      why: 'dead letters of records that are not events',
    },
  ],
  'a service': [
    known,
    { resource: 'TOPIC', names: 'serviceInputs', operations: ['READ'], why: 'reading events' },
    { resource: 'TOPIC', names: 'serviceOutputs', operations: ['WRITE'], why: 'its events' },
    {
      resource: 'TOPIC',
      names: 'serviceInputLetters',
      operations: ['READ', 'WRITE'],
      why: 'dead letters; reading only after a `replay`',
    },
    {
      resource: 'GROUP',
      names: 'service',
      operations: ['READ'],
      why: 'sharing partitions, and progress',
    },
    {
      resource: 'TRANSACTIONAL_ID',
      names: 'service',
      prefix: true,
      operations: ['WRITE'],
      why: 'events, state and progress as one',
    },
    {
      resource: 'TOPIC',
      names: 'service',
      prefix: true,
      operations: ['CREATE', 'READ', 'WRITE'],
      why: 'its state, if it has one; creating only with `TOPIC_CREATE=true`',
    },
  ],
  'a view': [
    known,
    { resource: 'TOPIC', names: 'viewInputs', operations: ['READ'], why: 'reading events' },
    { resource: 'TOPIC', names: 'viewInputLetters', operations: ['WRITE'], why: 'dead letters' },
    { resource: 'GROUP', names: 'viewGroup', operations: ['READ'], why: 'sharing partitions, and progress' },
  ],
  'any of these with `TOPIC_CREATE=true`': [
    { resource: 'TOPIC', names: 'created', operations: ['CREATE'], why: 'creating missing topics' },
  ],
  'check --live': [
    { resource: 'TOPIC', names: 'topics', operations: ['READ'], why: 'reading the newest records' },
  ],
  'dead-letters list': [
    { resource: 'TOPIC', names: 'letters', operations: ['READ'], why: 'reading dead letters' },
    {
      resource: 'TOPIC',
      names: 'springLetters',
      operations: ['READ'],
      why: 'those of Spring Kafka, if there are any',
    },
  ],
  'dead-letters retry': [
    {
      resource: 'TOPIC',
      names: 'letters',
      operations: ['READ', 'WRITE'],
      why: 'reading dead letters, and marking them',
    },
    {
      resource: 'TOPIC',
      names: 'springLetters',
      operations: ['READ'],
      why: 'those of Spring Kafka, if there are any',
    },
    { resource: 'TOPIC', names: 'topics', operations: ['DESCRIBE', 'WRITE'], why: 'putting records back' },
    { resource: 'GROUP', names: 'redriveGroup', operations: ['READ'], why: 'progress' },
    {
      resource: 'TRANSACTIONAL_ID',
      names: 'redriveGroup',
      prefix: true,
      operations: ['WRITE'],
      why: 'putting each record back once',
    },
  ],
  'replay of a service': [
    { resource: 'TOPIC', names: 'serviceInputs', operations: ['READ'], why: 'reading events' },
    {
      resource: 'TOPIC',
      names: 'serviceInputLetters',
      operations: ['READ'],
      why: 'leaving out what it set aside',
    },
    {
      resource: 'TOPIC',
      names: 'service',
      prefix: true,
      operations: ['CREATE', 'DESCRIBE', 'WRITE'],
      why: 'its new state',
    },
  ],
  'replay of a view': [
    { resource: 'TOPIC', names: 'viewInputs', operations: ['READ'], why: 'reading events' },
    {
      resource: 'TOPIC',
      names: 'viewInputLetters',
      operations: ['READ'],
      why: 'leaving out what it set aside',
    },
  ],
};
