import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { launch } from './buildbot/process.js';

/** In a mount namespace of its own it sees no crontab but ours, and nobody else sees ours; all is gone when it ends. */
const inPrivate = `
mount --bind "$1/cron.d" /etc/cron.d
mount --bind "$1/crontabs" /var/spool/cron/crontabs
mount --bind "$1/crontab" /etc/crontab
mount --bind "$1/run" /run
exec cron -f`;

/** The daemon, with these files as /etc/cron.d; `folder` is the test's, and empty. */
export function startCron(t: ExecutionContext, folder: string, files: Readonly<Record<string, string>>): void {
  for (const name of ['cron.d', 'crontabs', 'run']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'crontab'), '');
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, 'cron.d', name), text);
    // Cron reads none that others may write.
    chmodSync(join(folder, 'cron.d', name), 0o644);
  }
  const cron = launch('unshare', ['--mount', '--propagation', 'private', 'sh', '-ec', inPrivate, 'sh', folder], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: 'inherit',
  });
  t.teardown(() => void cron.kill('SIGKILL'));
  cron.on('exit', (status) => {
    if (status !== null) t.fail(`cron ended with ${status}: it wants Debian's cron, root, and a machine or container that may mount; else put cron into BBCTL_TEST_SKIP`); // prettier-ignore
  });
}
