import { expect, it } from 'vitest';
import { TRANSPORTS } from '../../src/transport/transports.js';
import { transportContract } from '../contract/transport.js';
import { graphqlTransportWs, graphqlWs } from './drivers/socket-driver.js';
import { multipart, sse, sseSingle } from './drivers/stream-driver.js';

const DRIVERS = [graphqlTransportWs, graphqlWs, sse, sseSingle, multipart];

it('every transport has a driver, and so passes the contract', () => {
  expect(DRIVERS.map(({ transport }) => transport)).toEqual(TRANSPORTS);
});

for (const driver of DRIVERS) transportContract(driver);
