/** A program in clients/recipes, which follows `ordersPlaced` with a library of its language. */
export type ClientRecipe = 'python' | 'go-hasura' | 'go-genqlient' | 'rust' | 'java';

/**
 * The command line that runs a recipe; the address of the gateway follows. It is installed or built the first time (about a
 * minute).
 * @throws {Error} that says what is missing and how to get it
 */
export function clientRecipe(name: ClientRecipe): Promise<readonly [string, ...string[]]>;
