import { join } from 'node:path';
import { goProgram } from './compiled-programs.mjs';
import { MavenJars } from './maven-jars.mjs';

/** Apollo Kotlin for the JVM. */
const apollo = new MavenJars({
  name: 'apollo-kotlin',
  artifacts: ['com.apollographql.apollo:apollo-runtime-jvm:4.3.3'],
});

const sources = join(import.meta.dirname, '../../test/support/old-subprotocol');

/** The command line of a client, but for the address of the gateway and the subscription. */
export async function oldSubprotocolClient(name) {
  if (name === 'go-hasura-default') return [await goProgram(join(sources, name))];
  const libs = await apollo.fetch();
  const small = ['-Xmx128m', '-XX:TieredStopAtLevel=1'];
  return ['java', ...small, '-cp', join(libs, '*'), join(sources, 'ApolloKotlin.java')];
}
