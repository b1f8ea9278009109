import test from 'ava';
import { filledIn, filledInAll, namesProperty } from '../../../src/lib/model/properties.js';

const properties = new Map(
  Object.entries({ branch: 'main', count: 3, yes: true, nothing: null, list: ['a'], tricky: '%(prop:branch)s $(id)' }).map(
    ([name, value]) => [name, { value, source: 'test' }],
  ),
); // prettier-ignore

test("what is filled in is what Buildbot's Interpolate gives", (t) => {
  const cases: [text: string, filled: string][] = [
    ['%(prop:branch)s', 'main'],
    ['a-%(prop:count)s-%(prop:yes)s', 'a-3-True'],
    ['[%(prop:nothing)s]', '[]'],
    ['[%(prop:nothing:-else)s]', '[]'],
    ['[%(prop:missing)s]', '[]'],
    ['[%(prop:missing:-else)s]', '[else]'],
    ['%(prop:branch:-else)s', 'main'],
    ['%(prop:list)s', '["a"]'],
    ['100% %s %(src::branch)s', '100% %s %(src::branch)s'],
    ['%(prop:tricky)s', '%(prop:branch)s $(id)'],
  ];
  for (const [text, filled] of cases) t.is(filledIn(text, properties), filled, text);
});

test('in whatever JSON can say, texts are filled in', (t) => {
  t.deepEqual(filledInAll({ a: ['%(prop:branch)s', 1], b: { c: null } }, properties), { a: ['main', 1], b: { c: null } }); // prettier-ignore
});

test('whether a text names a property does not depend on what was asked before', (t) => {
  for (let count = 0; count < 3; count++) t.true(namesProperty('x %(prop:a)s'));
  t.false(namesProperty('%(prop:a)d'));
});
