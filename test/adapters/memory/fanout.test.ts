import { openInProcessFanout } from '../../../src/adapters/memory/fanout.js';
import { fanoutContract } from '../../contract/fanout.js';
import { WINDOW_EVENTS } from '../../contract/fanout-tools.js';

fanoutContract('The in-process fan-out', async () => openInProcessFanout({ windowEvents: WINDOW_EVENTS }));
