/** docs/guarantee-tests.md as it should be for the tests and guarantees as they are now. */
export function guaranteeTests(): string;
