// `npm run services`: Kafka and Redis for development, until Ctrl-C.
import { acquireServices } from './index.mjs';

const { env, stop } = await acquireServices().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
for (const [name, value] of Object.entries(env)) console.log(`export ${name}=${value}`);
console.error('Kafka and Redis are running; Ctrl-C stops them.');

const keepAlive = setInterval(() => {}, 2 ** 30);
let stopping = false;
// Prepended, so that the orderly stop starts before the cleanup in child.mjs ends the process.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.removeAllListeners(signal);
  process.on(signal, async () => {
    if (stopping) return;
    stopping = true;
    await stop();
    clearInterval(keepAlive);
  });
}
