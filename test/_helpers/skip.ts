import test, { type TestFn } from 'ava';

export type Skippable = 'postgres' | 'mariadb' | 'buildbot' | 'cron' | 'promtool' | 'systemd' | 'shells';

/** Whether whoever runs the tests has said aloud, by BBCTL_TEST_SKIP, that this one is not to be tested. */
export function isSkipped(name: Skippable): boolean {
  return (process.env.BBCTL_TEST_SKIP ?? '').split(',').includes(name);
}

/** For tests that need this program: it is there, or was named in BBCTL_TEST_SKIP. */
export function testWith(name: Skippable): TestFn | typeof test.skip {
  return isSkipped(name) ? test.skip : test;
}
