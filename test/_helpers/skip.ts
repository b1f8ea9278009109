export type Skippable = 'postgres' | 'mariadb' | 'buildbot' | 'cron' | 'promtool' | 'systemd' | 'shells' | 'chromium';

/** Whether whoever runs the tests has said aloud, by BBCTL_TEST_SKIP, that this one is not to be tested. */
export function isSkipped(name: Skippable): boolean {
  return (process.env.BBCTL_TEST_SKIP ?? '').split(',').includes(name);
}
