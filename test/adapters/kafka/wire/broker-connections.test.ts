import { describe, expect, it } from 'vitest';
import { reauthenticationThreshold } from '../../../../src/adapters/kafka/wire/broker-connections.js';

describe('the time before the end of a session at which a connection authenticates again', () => {
  it.each([
    [3_600_000, 540_000],
    [10_000, 1_500],
    [4_001, 600],
    // A broker refuses a second authentication within a second: the session ends first, and the connection with it.
    [1_000, -100],
  ])('of %i ms is %i ms', (session, threshold) => {
    expect(reauthenticationThreshold(session)).toBe(threshold);
  });
});
