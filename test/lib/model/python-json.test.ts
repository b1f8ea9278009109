// JSON text as Python writes it, found by asking Python.
import test from 'ava';
import { pythonJson } from '../../../src/lib/model/python-json.js';

const cases: readonly (readonly [unknown, string])[] = [
  [['nightly', 'Scheduler'], '["nightly", "Scheduler"]'],
  [{ a: 1, b: [true, null, 1.5], c: {} }, '{"a": 1, "b": [true, null, 1.5], "c": {}}'],
  ['é " \\ / \n \u007f \u0001', '"\\u00e9 \\" \\\\ / \\n \u007f \\u0001"'],
  ['😀\u2028', '"\\ud83d\\ude00\\u2028"'],
  [{ 'ü, b': [] }, '{"\\u00fc, b": []}'],
  [undefined, 'null'],
  [{ gone: undefined }, '{}'],
];

for (const [value, json] of cases) {
  test(`${JSON.stringify(json)}`, (t) => {
    t.is(pythonJson(value), json);
    t.deepEqual(JSON.parse(pythonJson(value)), value === undefined ? null : JSON.parse(JSON.stringify(value)));
  });
}
