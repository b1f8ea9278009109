// What Buildbot's own loader tells of a master: which Buildbot it is, too.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { loadConfiguration, pythonOf } from '../../../src/lib/control/load-config.js';
import { revisionOfVersion } from '../../../src/lib/model/schema-steps.js';
import { temporaryFolder } from '../../_helpers/gate-hooks.js';
import { testWith } from '../../_helpers/test-with.js';

const configuration = `from buildbot.plugins import schedulers, util, worker
c = BuildmasterConfig = {
    'protocols': {'pb': {'port': 'tcp:0'}},
    'buildbotNetUsageData': None,
    'workers': [worker.Worker('w-1', 'x')],
    'builders': [util.BuilderConfig(name='tests', workernames=['w-1'], factory=util.BuildFactory())],
    'schedulers': [schedulers.Nightly(name='nightly', builderNames=['tests'], hour=3)],
}
`;

testWith('buildbot')('its version, and the revision that this version is known to want, are told with the rest', async (t) => {
  const folder = await temporaryFolder(t);
  const env = { ...process.env, HOME: folder };
  await promisify(execFile)('buildbot', ['create-master', '-f', `${folder}/m`], { env });
  writeFileSync(`${folder}/m/master.cfg`, configuration);
  const loaded = await loadConfiguration(`${folder}/m`);
  t.regex(loaded.version ?? '', /^\d+\.\d+/);
  t.is(loaded.revision, revisionOfVersion(loaded.version ?? ''));
  t.deepEqual(loaded.master.builders, [{ name: 'tests', workers: ['w-1'] }]);
  const python = pythonOf('buildbot', '/');
  if (python !== null) t.deepEqual(await loadConfiguration(`${folder}/m`, python), loaded);
  await t.throwsAsync(loadConfiguration(`${folder}/m`, '/bin/false'), { name: 'Failure', code: 'usage' });
}); // prettier-ignore
