import type { Producer } from 'kafkajs';
import type { Row } from './row.js';
import type { Services } from './stage.js';

export async function slowClients(
  _services: Services,
  _producer: Producer,
  _scale: number,
): Promise<readonly Row[]> {
  return [];
}
