// Apart from what programs import that are not run by AVA: it refuses them.
import test, { type TestFn } from 'ava';
import { isSkipped, type Skippable } from './skip.js';

/** For tests that need this program: it is there, or was named in BBCTL_TEST_SKIP. */
export function testWith(name: Skippable): TestFn | typeof test.skip {
  return isSkipped(name) ? test.skip : test;
}
