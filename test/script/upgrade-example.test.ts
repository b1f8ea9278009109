// The commands of examples/upgrade, run as they are written there.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import test from 'ava';
import { readClusterFile } from '../../src/lib/cluster-file.js';

const folder = join('examples', 'upgrade');

test('blue to green and back, as its README has it', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'bbctl-upgrade-example-'));
  cpSync(folder, home, { recursive: true });
  mkdirSync(join(home, 'bin'));
  symlinkSync(join(process.cwd(), 'bin', 'run.js'), join(home, 'bin', 'bbctl'));
  const config = join(home, 'cluster.yaml');
  // Whatever listens on the ports of the example: these are free. What listens is published in the database.
  writeFileSync(config, readFileSync(config, 'utf8').replaceAll(/:801\d/g, ':0'));
  const path = [join(home, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);
  const env = { PATH: path, HOME: home, LANG: 'C.UTF-8', BBCTL_CONFIG: 'cluster.yaml' };
  const run = (line: string) => spawnSync('/bin/sh', ['-c', line], { cwd: home, env, encoding: 'utf8' });
  t.teardown(() => {
    // The second time it ends its builds, too.
    run(
      'for file in *.pid; do pid=$(cat "$file"); kill "$pid"; sleep 0.3; kill "$pid"; while kill -0 "$pid"; do sleep 0.1; done; done',
    );
    rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  });
  const [, block = ''] = /```sh\n([^]*?)```/.exec(readFileSync(join(folder, 'README.md'), 'utf8')) ?? [];
  const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith('export'));
  const active = 'until bbctl status | grep -q " active "; do sleep 0.2; done';
  for (const line of lines) {
    const done = run(/^bbctl status/.test(line) ? active : line);
    t.is(done.status, 0, `${line}\n${done.stdout}${done.stderr}`);
    if (/^bbctl services/.test(line)) t.regex(done.stdout, /ticker +held +yes +ci1:\/srv\/bb\/green +active/);
    if (/--yes +#? ?.*$/.test(line) && /upgrade/.test(line)) t.regex(done.stdout, /^Done after .*, and checked in the database\.$/m); // prettier-ignore
  }
  t.regex(run('bbctl services').stdout, /ticker +held +yes +ci1:\/srv\/bb\/blue +active/);
  t.regex(run('bbctl masters').stdout, /ci1:\/srv\/bb\/green +stopped/);
  t.notRegex(run('bbctl builds --json').stdout, /"retry"/);
});

test('buildbot.yaml is right', async (t) => {
  const { inventory } = await readClusterFile(join(folder, 'buildbot.yaml'));
  t.deepEqual(inventory.masters.map(({ key, kind }) => [key, kind]), [['blue', 'buildbot'], ['green', 'buildbot']]); // prettier-ignore
});
