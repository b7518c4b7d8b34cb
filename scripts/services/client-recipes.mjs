import { join } from 'node:path';
import { goProgram, rustProgram } from './compiled-programs.mjs';
import { pythonOf } from './foreign-producers.mjs';
import { MavenJars } from './maven-jars.mjs';

/** The versions that docs/recipes.md names. Those of Go and Rust are in their folders. */
const GQL = 'gql[websockets]==4.4.0';
const spring = new MavenJars({
  name: 'spring-graphql',
  artifacts: [
    'org.springframework.graphql:spring-graphql:2.0.6',
    'org.springframework:spring-webflux:7.0.8',
    'io.projectreactor.netty:reactor-netty-http:1.3.7',
    'tools.jackson.core:jackson-databind:3.3.0',
  ],
});

const recipes = join(import.meta.dirname, '../../clients/recipes');

/** The command line of a recipe, by its folder in clients/recipes, but for the address of the gateway. */
export async function clientRecipe(name) {
  const folder = join(recipes, name);
  if (name === 'python') return [await pythonOf(GQL), join(folder, 'resume.py')];
  if (name === 'rust') return [await rustProgram(folder)];
  if (name === 'java') {
    const libs = await spring.fetch();
    const small = ['-Xmx128m', '-XX:TieredStopAtLevel=1'];
    return ['java', ...small, '-cp', join(libs, '*'), join(folder, 'Resume.java')];
  }
  return [await goProgram(folder)];
}
