import { launch, exited } from './buildbot/process.js';
import type { ExecutionContext } from 'ava';
import { until } from './buildbot/until.js';

/** The address of a server that no other test uses, so that its global settings may be changed. */
export async function ownMariadb(t: ExecutionContext): Promise<string> {
  const env = { ...process.env, BBCTL_TEST_MYSQL: '', BBCTL_TEST_SKIP: 'postgres' };
  const server = launch('script/servers', [], { env, stdio: ['ignore', 'pipe', 'inherit'] }); // prettier-ignore
  t.teardown(async () => {
    server.kill('SIGTERM');
    await exited(server);
  });
  let output = '';
  server.stdout?.on('data', (text: Buffer) => (output += text.toString()));
  const address = () => /^export BBCTL_TEST_MYSQL='(.+)'$/m.exec(output)?.[1];
  return until('MariaDB has started', () => address() ?? (server.exitCode === null ? undefined : Promise.reject(new Error('script/servers has ended'))), { deadlineMs: 180_000 }); // prettier-ignore
}
