import type { Plant } from './support/plant.js';

const OLDER_RELAY = {
  test: 'test/hub/carried-metadata.test.ts',
  case: 'D2 D3 comes from the log while a relay of another version of the schema does not send it, live and in the window',
};

export const plants: readonly Plant[] = [
  {
    ...OLDER_RELAY,
    file: 'src/hub/open-partition.ts',
    guard: 'an event that does not carry what fields read counts as lost',
    find: 'needed !== undefined && !events.every(',
    replace: 'needed === undefined && !events.every(',
  },
  {
    ...OLDER_RELAY,
    file: 'src/hub/shared-reader.ts',
    guard: 'a window whose events do not carry what fields read proves nothing',
    find: 'return carried === undefined || events.every(',
    replace: 'return carried !== undefined || events.every(',
  },
  {
    test: 'test/subscribe/record.test.ts',
    case: 'S1 a rule over the record decides live and in replay, for tombstones as well',
    file: 'src/subscribe/cohort/cohort.ts',
    guard: 'a rule that reads only the record decides on tombstones',
    find: '(!rule.readsData && rule.allows(activation))',
    replace: '!rule.readsData',
  },
];
