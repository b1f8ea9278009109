import test from 'ava';
import { Failure } from '../../../../src/lib/errors.js';
import { checks, findAll } from '../../../../src/lib/model/checks/catalogue.js';
import { severityOf } from '../../../../src/lib/model/checks/check.js';
import { chosenChecks, limitsOf } from '../../../../src/lib/model/checks/limits.js';
import { clusterWith, masterFacts, now } from '../../../_helpers/facts.js';

const ids = (chosen: ReturnType<typeof chosenChecks>) => chosen.map((check) => check.id);

test('checks are chosen by id, in the order of the catalogue: all, only some, all but some', (t) => {
  t.deepEqual(chosenChecks(), checks);
  t.deepEqual(ids(chosenChecks(['queue-long', 'master-dead'])), ['master-dead', 'queue-long']);
  t.false(ids(chosenChecks([], ['master-dead'])).includes('master-dead'));
  t.is(chosenChecks([], ['master-dead']).length, checks.length - 1);
  t.deepEqual(chosenChecks(['master-dead'], ['master-dead']), []);
});

test('an id that is none is refused with all that there are', (t) => {
  for (const call of [
    () => chosenChecks(['nonsense']),
    () => chosenChecks([], ['nonsense']),
    () => limitsOf(['nonsense=1']),
    () => limitsOf([], ['nonsense=1']),
  ]) {
    const error = t.throws(call, { instanceOf: Failure, code: 'usage', message: 'There is no check "nonsense".' });
    for (const { id } of checks) t.true(error?.try?.includes(id), id);
  } // prettier-ignore
});

test('a threshold is a duration or a number by its check, or off', (t) => {
  const set = limitsOf(['request-waiting=30m', 'queue-long=5', 'clock-skew=off'], ['request-waiting=2h', 'service-idle=4.5']); // prettier-ignore
  t.deepEqual(Object.fromEntries(set), {
    'request-waiting': { warning: 1800, critical: 7200 },
    'queue-long': { warning: 5, critical: null },
    'clock-skew': { warning: null, critical: 300 },
    'service-idle': { warning: 3, critical: 4.5 },
  });
  t.is(limitsOf().size, 0);
});

test('thresholds that are none are refused', (t) => {
  for (const setting of ['queue-long', 'queue-long=', 'queue-long=x', 'queue-long=-1', 'queue-long=1e3', 'queue-long=5m', 'request-waiting=soon', 'request-waiting=', 'request-waiting=1.5', 'master-dead=5']) {
    t.throws(() => limitsOf([setting]), { instanceOf: Failure, code: 'usage' }, setting);
  } // prettier-ignore
});

test('a value is compared with the limit, the worse side first', (t) => {
  t.is(severityOf(9, { warning: 10, critical: 20 }), null);
  t.is(severityOf(10, { warning: 10, critical: 20 }), 'warning');
  t.is(severityOf(20, { warning: 10, critical: 20 }), 'critical');
  t.is(severityOf(1e9, { warning: null, critical: null }), null);
  t.is(severityOf(20, { warning: null, critical: 20 }), 'critical');
  t.is(severityOf(5, { warning: 10, critical: 5 }), 'critical');
});

test('every check that has a threshold goes by the one that is set, without the other too', (t) => {
  const queues = [{ builderId: 1, length: 3, oldestSubmittedAt: now - 100 }];
  const cluster = clusterWith({ masters: [masterFacts({ clockBehind: 100 })], queues });
  const found = (warning: string[], critical: string[]) => {
    const checks = chosenChecks(['clock-skew', 'request-waiting', 'queue-long']);
    const findings = findAll({ cluster, details: null }, { checks, limits: limitsOf(warning, critical) });
    return Object.fromEntries(findings.map(({ id, severity }) => [id, severity]));
  };
  t.deepEqual(found([], []), { 'clock-skew': 'warning' });
  t.deepEqual(found(['clock-skew=off', 'request-waiting=100', 'queue-long=3'], []), {
    'request-waiting': 'warning',
    'queue-long': 'warning',
  });
  const critical = ['clock-skew=100s', 'request-waiting=1m', 'queue-long=2'];
  t.deepEqual(found(['clock-skew=off', 'request-waiting=off', 'queue-long=off'], critical), {
    'clock-skew': 'critical',
    'request-waiting': 'critical',
    'queue-long': 'critical',
  });
});
