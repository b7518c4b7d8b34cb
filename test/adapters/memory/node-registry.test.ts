import { InProcessNodes } from '../../../src/adapters/memory/node-registry.js';
import { nodeRegistryContract } from '../../contract/node-registry.js';

nodeRegistryContract('The registry of nodes in one process', async () => {
  const nodes = new InProcessNodes();
  return async (onProblem) => nodes.open(onProblem);
});
