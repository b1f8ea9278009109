// What a buildset is made of.
import test from 'ava';
import { buildsetProperties, filledReason, stampsWithDefaults } from '../../../src/lib/model/buildset.js';

const scheduler = { name: 'on-commit', properties: { a: 1, b: 1 } };

test('the scheduler’s properties are over those that were asked for, the changes’ over both', (t) => {
  const asked = { a: [0, 'Trigger'], z: [9, 'Trigger'], scheduler: ['x', 'Trigger'] } as const;
  t.deepEqual(buildsetProperties(scheduler, asked, [{ b: ['c', 'Change'] }]), {
    a: [1, 'Scheduler'],
    b: ['c', 'Change'],
    z: [9, 'Trigger'],
    scheduler: ['on-commit', 'Scheduler'],
  });
});

const codebases = {
  app: { repository: 'https://app', branch: 'main', revision: null },
  lib: { repository: 'https://lib', branch: null, revision: 'v1' },
};

test('each codebase has a stamp, as it is configured where nothing else was asked for', (t) => {
  t.deepEqual(stampsWithDefaults(codebases, [{ codebase: 'lib', revision: 'v2', project: 'p' }]), [
    { codebase: 'app', repository: 'https://app', branch: 'main', revision: null, project: '' },
    { codebase: 'lib', repository: 'https://lib', branch: null, revision: 'v2', project: 'p' },
  ]);
});

test('of a codebase that is not the scheduler’s the stamp is kept, but not its project', (t) => {
  const [, , other] = stampsWithDefaults(codebases, [{ codebase: 'docs', branch: 'b', project: 'p' }]);
  t.deepEqual(other, { codebase: 'docs', repository: '', branch: 'b', revision: null, project: '' });
});

test('a reason names what it knows', (t) => {
  t.is(filledReason(`%(name)s: %(what)s %(toString)s`, { name: '$& n' }), '$& n: %(what)s %(toString)s');
});
